/** Batches of which some parts go wrong while the answer as a whole is a 200. */
import type { Call } from './wire.ts'

export interface BrokenParts {
  /** What is left to pass on; undefined when nothing is. */
  readonly body: string | undefined
  /** The answer to the whole, from the answer to what was passed on. */
  answer(body: string | undefined): string
}

type Part = Readonly<Record<string, unknown>>
type Parts = readonly Part[]
type Json = Readonly<Record<string, unknown>>

/** @param isCarriedOut every part is passed on, and the answer lies about those that were hit */
export function breakParts(
  call: Call,
  isHit: (place: number) => boolean,
  code: string,
  isCarriedOut: boolean,
): BrokenParts {
  const request = JSON.parse(call.body) as Json
  const kind = kinds[call.operation]
  if (kind === undefined) throw new Error(`${call.operation} has no parts that could fail one by one`)
  const parts = kind.split(request)
  const passed = isCarriedOut ? parts : parts.filter((_, place) => !isHit(place))
  return {
    body: passed.length === 0 ? undefined : JSON.stringify({ ...request, ...kind.join(request, passed) }),
    answer: body =>
      JSON.stringify(kind.merge(request, parts, isHit, code, isCarriedOut, JSON.parse(body ?? '{}') as Json)),
  }
}

export const hasParts = ({ operation }: Call): boolean => Object.hasOwn(kinds, operation)

interface Kind {
  split(request: Json): Parts
  join(request: Json, parts: Parts): Json
  merge(
    request: Json,
    parts: Parts,
    isHit: (place: number) => boolean,
    code: string,
    isCarriedOut: boolean,
    answer: Json,
  ): Json
}

/** An error for each statement that was hit, in its place among the answers. */
const statements: Kind = {
  split: request => request['Statements'] as Parts,
  join: (_, parts) => ({ Statements: parts }),
  merge(_, parts, isHit, code, isCarriedOut, answer) {
    const given = [...((answer['Responses'] ?? []) as Parts)]
    const error = { Error: { Code: code, Message: 'injected' } }
    const responses = parts.map((_part, place) => {
      if (!isHit(place)) return given.shift()
      if (isCarriedOut) given.shift()
      return error
    })
    return { ...answer, Responses: responses }
  },
}

/** Entries of SQS: told apart by their `Id`, `Successful` or `Failed`. */
const entries: Kind = {
  split: request => request['Entries'] as Parts,
  join: (_, parts) => ({ Entries: parts }),
  merge(_, parts, isHit, code, __, answer) {
    const hit = new Set(parts.flatMap((part, place) => (isHit(place) ? [part['Id']] : [])))
    const failed = [...hit].map(id => ({ Id: id, SenderFault: false, Code: code, Message: 'injected' }))
    return {
      Successful: ((answer['Successful'] ?? []) as Parts).filter(part => !hit.has(part['Id'])),
      Failed: [...((answer['Failed'] ?? []) as Parts), ...failed],
    }
  },
}

interface TableKeys {
  readonly Keys: Parts
}

/** Keys of one table: those that were hit come back as unprocessed. */
const keys: Kind = {
  split: request => tableOf(request)[1].Keys,
  join: (request, parts) => {
    const [table, wish] = tableOf(request)
    return { RequestItems: { [table]: { ...wish, Keys: parts } } }
  },
  merge(request, parts, isHit, _, __, answer) {
    const [table, wish] = tableOf(request)
    const unprocessed = parts.filter((_part, place) => isHit(place))
    return { Responses: {}, ...answer, UnprocessedKeys: { [table]: { ...wish, Keys: unprocessed } } }
  },
}

function tableOf(request: Json): readonly [string, TableKeys] {
  const [first] = Object.entries(request['RequestItems'] as Record<string, TableKeys>)
  if (first === undefined) throw new Error('a BatchGetItem of no table')
  return first
}

const kinds: Readonly<Record<string, Kind>> = {
  BatchExecuteStatement: statements,
  BatchGetItem: keys,
  SendMessageBatch: entries,
  DeleteMessageBatch: entries,
  ChangeMessageVisibilityBatch: entries,
}
