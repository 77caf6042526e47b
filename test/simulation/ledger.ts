/** A table of the application's own: what its steps have booked, each in one transaction with the step's cell. */
import type { TransactItem } from '../../lib/core/definition/transact-item.ts'
import { cellFrom } from '../../lib/core/records/cell.ts'
import type { StoredRecord } from '../../lib/core/records/record.ts'
import type { ActionReason, TransactAction, TransactOutcome } from '../../lib/ports/record-store.ts'
import type { Sim } from './sim.ts'

/** How long a token stands for its transaction. */
const tokenMs = 600_000
/** `cell#<life>#<generation>#<name>` */
const generationIn = /^cell#[^#]*#(\d+)#/

interface Books {
  /** Job, generation and name → how often it was booked. */
  readonly booked: Map<string, number>
  readonly receipts: Set<string>
  readonly tokens: Map<string, number>
}

const worlds = new WeakMap<Sim, Books>()

function booksOf(sim: Sim): Books {
  const books = worlds.get(sim) ?? { booked: new Map(), receipts: new Set(), tokens: new Map() }
  worlds.set(sim, books)
  return books
}

export const entryOf = (id: string, generation: number, name: string): string => `${id}#${generation}#${name}`

/** What a step books: once more each time. Every other name leaves a receipt, which is refused a second time. */
export function bookingsOf(entry: string): readonly TransactItem[] {
  const add: TransactItem = {
    Update: {
      TableName: 'ledger',
      Key: { entry },
      UpdateExpression: 'ADD times :one',
      ExpressionAttributeValues: { ':one': 1 },
    },
  }
  const receipt: TransactItem = {
    Put: { TableName: 'receipts', Item: { entry }, ConditionExpression: 'attribute_not_exists(entry)' },
  }
  return entry.length % 2 === 0 ? [add] : [add, receipt]
}

/** All of it or nothing, at one instant. */
export function carryOutStep(sim: Sim, actions: readonly TransactAction[], token: string): TransactOutcome {
  const { records, loop, count, trace } = sim
  const { booked, receipts, tokens } = booksOf(sim)
  if ((tokens.get(token) ?? 0) > loop.now) return { kind: 'done' }
  const reasons = actions.map((action): ActionReason => {
    if (action.kind === 'put') {
      const record = records.read(action.record)
      return record === undefined ? { kind: 'fine' } : { kind: 'refusedByRecord', record }
    }
    const receipt = action.kind === 'own' ? entryOfWrite(action.item.Put?.Item) : undefined
    return receipt !== undefined && receipts.has(receipt)
      ? { kind: 'refusedByOwn', stored: undefined }
      : { kind: 'fine' }
  })
  if (reasons.some(({ kind }) => kind !== 'fine')) {
    count('transaction refused step')
    return { kind: 'refused', reasons }
  }
  for (const action of actions) {
    if (action.kind === 'put') void records.putIfAbsent([action.record])
    if (action.kind !== 'own') continue
    const { Put: put, Update: update } = action.item
    const [receipt, entry] = [entryOfWrite(put?.Item), entryOfWrite(update?.Key)]
    if (receipt !== undefined) receipts.add(receipt)
    if (entry === undefined) continue
    booked.set(entry, (booked.get(entry) ?? 0) + 1)
    trace(`booked ${entry}`)
    count('flow booked')
  }
  tokens.set(token, loop.now + tokenMs)
  return { kind: 'done' }
}

function entryOfWrite(values: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const entry = values?.['entry']
  return typeof entry === 'string' ? entry : undefined
}

/** Which entry the cell of a booking stands for; undefined for every other record. */
function entryIn(record: StoredRecord, names: ReadonlySet<string>): string | undefined {
  const [, generation] = generationIn.exec(record.part) ?? []
  const cell = generation === undefined ? undefined : cellFrom(record)
  if (cell === undefined || !names.has(cell.name)) return undefined
  return entryOf(record.id, Number(generation), cell.name)
}

/** What was booked without its cell, twice, or not at all. @param names of the steps that book */
export function wrongBooking(sim: Sim, names: ReadonlySet<string>): string | undefined {
  const { booked } = booksOf(sim)
  const cells = new Set(sim.records.all().flatMap(record => entryIn(record, names) ?? []))
  for (const [entry, times] of booked) {
    if (times > 1) return `${entry} was booked ${times} times`
    if (!cells.has(entry)) return `${entry} was booked, and its step has no cell`
  }
  const missing = [...cells].find(entry => !booked.has(entry))
  return missing === undefined ? undefined : `${missing} has a cell, and was never booked`
}
