/**
 * Pairs of transitions on one job, in both orders and at once, on a store: `describeRaces('memory', makeHarness)`.
 * Whoever loses learns it from a typed outcome, never takes the winner's write for its own, and what is left is sound.
 * With LAMPLIGHTER_RACE_TABLE=1 the run prints how each race ended.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../lib/core/job/job.ts'
import type { ChangeOutcome } from '../../../lib/ports/job-store.ts'
import { unsoundnessOf } from '../../support/sound.ts'
import type { StoreHarness } from '../conformance/harness.ts'
import { newId, put } from '../conformance/store-case.ts'
import type { End, Race } from './race.ts'
import { RaceTable, winnerOf } from './race-table.ts'
import { races } from './races.ts'
import { expectRace } from './use-case-race.ts'
import { useCaseRaces } from './use-case-races.ts'

/** How often both are let go at once. */
const rounds = 8

type Outcome = Exclude<ChangeOutcome, { kind: 'failed' }>
type Outcomes = readonly [Outcome, Outcome]

async function readyItem(harness: StoreHarness, race: Race): Promise<Job> {
  const id = newId()
  await put(harness, { ...race.item, id })
  const [seen] = await harness.store.get([id])
  if (seen === undefined) throw new Error('the item cannot be read')
  return seen
}

/** @param first which of the two racers comes first; undefined lets them go at once, the second a little before */
async function run(harness: StoreHarness, race: Race, seen: Job, order: 0 | 1 | 'at once'): Promise<Outcomes> {
  const changes = race.racers.map(({ transition }) => ({ id: seen.id, transition: transition(seen) }))
  const apply = async (place: 0 | 1): Promise<Outcome> => {
    const change = changes[place]
    const [outcome] = change === undefined ? [] : await harness.store.apply([change])
    if (outcome === undefined || outcome.kind === 'failed') throw outcome?.error ?? new Error('no answer')
    return outcome
  }
  if (order === 'at once') return Promise.all([apply(0), apply(1)])
  const earlier = await apply(order)
  const later = await apply(order === 0 ? 1 : 0)
  return order === 0 ? [earlier, later] : [later, earlier]
}

/** Whoever was refused got the stored item, and does not know it as its own; the last write shows who made it. */
async function expectEnd(harness: StoreHarness, race: Race, id: string, outcomes: Outcomes, end: End): Promise<void> {
  const [left] = await harness.store.get([id])
  expect(left?.state ?? 'gone').toBe(end.left)
  expect(left === undefined ? [] : unsoundnessOf(left)).toEqual([])
  expect(outcomes.map(({ kind }) => kind)).toEqual(end.applied.map(isApplied => (isApplied ? 'applied' : 'refused')))
  const mistaken = race.racers.filter(({ isMine }, place) => !end.applied[place] && isMine(outcomes[place]?.job))
  expect(mistaken.map(({ name }) => `${name} takes the other's write for its own`)).toEqual([])
  const winners = race.racers.filter((_, place) => end.applied[place])
  expect(winners.some(({ isMine }) => isMine(left))).toBe(true)
}

export function describeRaces(name: string, makeHarness: () => Promise<StoreHarness>): void {
  describe(`races on ${name}, ${races.length + useCaseRaces.length} pairs`, () => {
    let harness: StoreHarness
    const table = new RaceTable()
    beforeAll(async () => {
      harness = await makeHarness()
    })
    afterAll(async () => {
      await harness.stop()
      console.log(`races on ${name}: ${table.summary()}`)
      if (process.env['LAMPLIGHTER_RACE_TABLE'] === '1') console.log(`\n${table.render()}\n`)
    })

    describe.each(races)('$pair', race => {
      it.each([0, 1] as const)('racer %i first', async order => {
        const seen = await readyItem(harness, race)
        const outcomes = await run(harness, race, seen, order)
        await expectEnd(harness, race, seen.id, outcomes, race.ends[order])
        table.add(race, order, outcomes)
      })

      it('at once: ends as one of the two orders does', async () => {
        for (let round = 0; round < rounds; round += 1) {
          const turned = round % 2 === 0 ? race : turnedAround(race)
          const seen = await readyItem(harness, turned)
          const outcomes = await run(harness, turned, seen, 'at once')
          const applied = outcomes.map(({ kind }) => kind === 'applied')
          const end = turned.ends.find(one => String(one.applied) === String(applied))
          if (end === undefined) throw new Error(`no order ends with ${applied.join(', ')}`)
          await expectEnd(harness, turned, seen.id, outcomes, end)
          table.count(race.pair, winnerOf(turned, end))
        }
      })
    })

    describe.each(useCaseRaces)('$pair', race => {
      it.each([0, 1] as const)('actor %i first', async order => {
        const played = await expectRace(harness, race, order)
        table.addPlayed(race.pair, `${race.actors[order].name} first`, played)
      })

      it('at once: ends as one of the two orders does, or as the race allows besides', async () => {
        for (let round = 0; round < rounds; round += 1) {
          const { told, left } = await expectRace(harness, race, round % 2 === 0 ? 'at once' : 'at once, turned')
          table.count(race.pair, [...told, left].join(' / '))
        }
      })
    })
  })
}

/** The other racer is let go first. */
const turnedAround = ({ racers: [a, b], ends: [endA, endB], ...race }: Race): Race => ({
  ...race,
  racers: [b, a],
  ends: [turned(endB), turned(endA)],
})
const turned = ({ applied: [a, b], left }: End): End => ({ applied: [b, a], left })
