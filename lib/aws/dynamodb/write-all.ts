import { show } from '../../core/values/errors.ts'
import { mapBounded, roundsOf } from '../../core/values/lists.ts'
import { asOurs } from '../aws-error.ts'
import { readItems, type TableAccess } from './read-items.ts'
import type { Rendered } from './render.ts'
import { packed, type WriteAnswer } from './send-writes.ts'

/**
 * Carries out writes; answers per entry, in order. Several writes of one item are made in successive rounds: in one
 * statement batch they would cost the whole batch.
 * @param renders one for each id: what to write, or that there can be no item to write to
 */
export async function writeAll(
  access: TableAccess,
  ids: readonly string[],
  renders: readonly (() => Rendered | Refused)[],
): Promise<readonly WriteAnswer[]> {
  const answers = new Array<WriteAnswer>(ids.length)
  for (const round of roundsOf(ids)) {
    const writes: (readonly [number, Rendered])[] = []
    for (const place of round) {
      const prepared = prepare(ids[place] ?? '', renders[place])
      if (prepared.kind === 'failed' || prepared.kind === 'refused') answers[place] = prepared
      else writes.push([place, prepared])
    }
    await mapBounded(packed(writes), access.parallel, async call => {
      const sent = await call.send(access.client)
      for (const [index, place] of call.places.entries()) answers[place] = sent[index] as WriteAnswer
    })
    // Before the next round, which may change what this one was refused by.
    await readRefusers(access, ids, round, answers)
  }
  return answers
}

type Refused = Extract<WriteAnswer, { kind: 'refused' }>

/** What cannot be written at all is its own entry's failure, never its neighbours' (I15). */
function prepare(id: string, render: (() => Rendered | Refused) | undefined) {
  try {
    if (render === undefined) throw new RangeError('nothing to write')
    return render()
  } catch (error) {
    return { kind: 'failed', error: asOurs(`item ${show(id)}`, error) } as const
  }
}

/** Reads the items that the engine did not hand back with its refusal. */
async function readRefusers(
  access: TableAccess,
  ids: readonly string[],
  round: readonly number[],
  answers: WriteAnswer[],
): Promise<void> {
  const places = round.filter(place => {
    const answer = answers[place]
    return answer?.kind === 'refused' && answer.item === undefined
  })
  if (places.length === 0) return
  try {
    const items = await readItems(
      access,
      places.map(place => ids[place] ?? ''),
    )
    for (const place of places) answers[place] = { kind: 'refused', item: items.get(ids[place] ?? '') }
  } catch (error) {
    // "There is no such item" would be a lie.
    for (const place of places) answers[place] = { kind: 'failed', error: asOurs('DynamoDB', error) }
  }
}
