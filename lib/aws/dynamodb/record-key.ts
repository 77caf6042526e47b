/** What DynamoDB would refuse of a key or a transaction, known before it is sent. Free of the SDK. */
import type { RecordKey } from '../../core/records/record.ts'
import { InvalidInput, show, Unwritable } from '../../core/values/errors.ts'
import { utf8Bytes } from '../../core/values/json.ts'
import { maxKeyBytes, maxPartBytes, maxTransactActions } from '../../core/values/quotas.ts'
import type { TransactAction } from '../../ports/record-store.ts'

/** Whether there can be an item of this id. One that cannot would cost its batch mates their answer. */
export const isKey = (id: string): boolean => isText(id, maxKeyBytes)

export const isRecordKey = ({ id, part }: RecordKey): boolean => isKey(id) && isText(part, maxPartBytes)

const isText = (text: string, maxBytes: number): boolean =>
  text !== '' && text.isWellFormed() && utf8Bytes(text) <= maxBytes

/** @throws InvalidInput */
export function checkRecordKey(key: RecordKey): void {
  if (!isKey(key.id)) throw new InvalidInput('id', key.id, `text of 1 to ${maxKeyBytes} bytes`)
  if (!isRecordKey(key)) throw new InvalidInput('part', key.part, `text of 1 to ${maxPartBytes} bytes`)
}

/** DynamoDB TransactWriteItems: ClientRequestToken. …/APIReference/API_TransactWriteItems.html */
const maxTokenLength = 36

/** @throws InvalidInput, Unwritable */
export function checkTransaction(actions: readonly TransactAction[], token: string): void {
  if (actions.length < 1 || actions.length > maxTransactActions) {
    throw new InvalidInput('actions', actions.length, `1 to ${maxTransactActions}`)
  }
  if (token === '' || token.length > maxTokenLength) {
    throw new InvalidInput('token', token, `a text of 1 to ${maxTokenLength} characters`)
  }
  const seen = new Set<string>()
  for (const action of actions) {
    const item = itemOf(action)
    if (item === undefined) continue
    const text = JSON.stringify(item)
    if (seen.has(text)) throw new Unwritable(`two actions of a transaction touch ${show(item.id)}`)
    seen.add(text)
    checkRecordKey({ part: 'job', ...item })
  }
}

/** The key that an action touches: of a record, or of a job, which has no part. Nobody knows the keys of other tables. */
function itemOf(action: TransactAction): { readonly id: string; readonly part?: string } | undefined {
  switch (action.kind) {
    case 'own':
      return undefined
    case 'put':
      return { id: action.record.id, part: action.record.part }
    case 'update':
      return action.key
    case 'insertJob':
      return { id: action.job.id }
    case 'changeJob':
      return { id: action.id }
  }
}
