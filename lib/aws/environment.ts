import { InvalidDefinition, show } from '../core/errors.ts'

/** What the table and the queues are called; the deployed functions find it in their environment. */
export interface Names {
  readonly table: string
  /** Queue name → URL. */
  readonly queues: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * `LAMPLIGHTER_TABLE`, and `LAMPLIGHTER_QUEUES` as a JSON object of queue name → URL. Names that are given win.
 * @throws InvalidDefinition naming the variable, what it holds and what it should hold
 */
export function namesFrom(environment: Environment, given: Partial<Names> = {}): Names {
  const table = given.table ?? environment['LAMPLIGHTER_TABLE']
  if (table === undefined || table === '') {
    throw new InvalidDefinition('no table: pass `table`, or set LAMPLIGHTER_TABLE to the name of the DynamoDB table')
  }
  return { table, queues: given.queues ?? queuesFrom(environment['LAMPLIGHTER_QUEUES']) }
}

function queuesFrom(text: string | undefined): Readonly<Record<string, string>> {
  const wanted = 'a JSON object of queue name to SQS queue URL, such as {"default":"https://sqs…"}'
  if (text === undefined || text === '') {
    throw new InvalidDefinition(`no queues: pass \`queues\`, or set LAMPLIGHTER_QUEUES to ${wanted}`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Told below, together with every other wrong form.
  }
  const isWanted =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(url => typeof url === 'string')
  if (!isWanted) throw new InvalidDefinition(`LAMPLIGHTER_QUEUES is ${show(text)}; allowed: ${wanted}`)
  return value as Record<string, string>
}
