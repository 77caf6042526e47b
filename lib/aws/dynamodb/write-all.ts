import { show } from '../../core/values/errors.ts'
import { mapBounded, roundsOf } from '../../core/values/lists.ts'
import { asOurs } from '../aws-error.ts'
import { readItems, type TableAccess } from './read-items.ts'
import type { Rendered } from './render.ts'
import { packed, type WriteAnswer } from './send-writes.ts'

/** One write to be made. */
export interface Write {
  readonly id: string
  /** What to write, or that there can be no item to write to. */
  readonly render: () => Rendered | Refused
  /** Whether the caller needs the item as it is after the write. */
  readonly needsItem: boolean
}

type Refused = Extract<WriteAnswer, { kind: 'refused' }>
type Conflict = Extract<WriteAnswer, { kind: 'conflict' }>

/** What became of a write, once nothing more can be done about it here. */
export type Written = Exclude<WriteAnswer, Conflict>

/** How often a write that met a transaction is tried again. The SDK does not; a transaction is over in milliseconds. */
const maxConflictTries = 5
const firstConflictPauseMs = 20

/**
 * Carries out writes; answers per entry, in order. Several writes of one item are made in successive rounds: in one
 * statement batch they would cost the whole batch.
 */
export async function writeAll(access: TableAccess, writes: readonly Write[]): Promise<readonly Written[]> {
  const answers = new Array<WriteAnswer>(writes.length)
  for (const round of roundsOf(writes.map(({ id }) => id))) {
    await writeRound(access, writes, round, answers)
    // Before the next round, which may change what this one was refused by.
    await readMissing(access, writes, round, answers)
  }
  return answers.map(answer => (answer.kind === 'conflict' ? { kind: 'failed', error: answer.error } : answer))
}

/** Writes of different items. */
async function writeRound(
  access: TableAccess,
  writes: readonly Write[],
  round: readonly number[],
  answers: WriteAnswer[],
): Promise<void> {
  const ready: (readonly [number, Rendered])[] = []
  for (const place of round) {
    const prepared = prepare(writes[place])
    if (prepared.kind === 'failed' || prepared.kind === 'refused') answers[place] = prepared
    else ready.push([place, prepared])
  }
  for (let tries = 0; ; tries += 1) {
    const now = tries === 0 ? ready : ready.filter(([place]) => answers[place]?.kind === 'conflict')
    if (now.length === 0 || tries > maxConflictTries) return
    if (tries > 0) await access.clock.sleep(firstConflictPauseMs * 2 ** (tries - 1) * (1 + access.random.fraction()))
    await mapBounded(packed(now), access.parallel, async call => {
      const sent = await call.send(access.client)
      for (const [index, place] of call.places.entries()) answers[place] = sent[index] as WriteAnswer
    })
  }
}

/** What cannot be written at all is its own entry's failure, never its neighbours' (I15). */
function prepare(write: Write | undefined) {
  try {
    if (write === undefined) throw new RangeError('nothing to write')
    return write.render()
  } catch (error) {
    return { kind: 'failed', error: asOurs(`item ${show(write?.id)}`, error) } as const
  }
}

/** Reads the items that the engine did not hand back: with a refusal, or with a write that the caller needs to see. */
async function readMissing(
  access: TableAccess,
  writes: readonly Write[],
  round: readonly number[],
  answers: WriteAnswer[],
): Promise<void> {
  const places = round.filter(place => {
    const answer = answers[place]
    const isWanted = answer?.kind === 'refused' || (answer?.kind === 'done' && writes[place]?.needsItem === true)
    return isWanted && answer.item === undefined
  })
  if (places.length === 0) return
  const idOf = (place: number): string => writes[place]?.id ?? ''
  try {
    const items = await readItems(access, places.map(idOf))
    for (const place of places) {
      const kind = answers[place]?.kind === 'done' ? 'done' : 'refused'
      answers[place] = { kind, item: items.get(idOf(place)) }
    }
  } catch (error) {
    // "There is no such item" would be a lie.
    for (const place of places) answers[place] = { kind: 'failed', error: asOurs('DynamoDB', error) }
  }
}
