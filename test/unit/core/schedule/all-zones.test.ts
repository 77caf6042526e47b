/**
 * Every IANA zone of the runtime, 2000 to 2037, against brute force: strictly later, never falling, independent of the
 * path. `npm test` takes two years of each zone, drawn anew by each seed; LAMPLIGHTER_ALL_ZONES=1 takes all 38 years
 * (under a minute), LAMPLIGHTER_SEED=n repeats a draw.
 */
import { describe, expect, it } from 'vitest'
import { type Gap, nextOf, type Repeat } from '../../../../lib/core/schedule/next.ts'
import { bruteForce, type Change, changesOf, day, hour, minute, type Rules } from './oracle.ts'

const isFull = process.env['LAMPLIGHTER_ALL_ZONES'] === '1'
const seed = Number(process.env['LAMPLIGHTER_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const zones = Intl.supportedValuesOf('timeZone')

/** Expressions and how far around a change they are walked: frequent ones not far. */
const expressions: readonly (readonly [cron: string, span: number])[] = [
  ['30 2 * * *', 36 * hour],
  ['30 1 * * *', 36 * hour],
  ['0 0 * * *', 36 * hour],
  ['15 2 * * *', 36 * hour],
  ['45 1 * * SUN', 60 * hour],
  ['0 3 L * *', 36 * hour],
  ['30 0 * * 5L', 36 * hour],
  ['0 2 15W * FRI#2', 36 * hour],
  ['0 22-2 * * FRI-MON', 30 * hour],
  ['5,35 0-3 * * *', 30 * hour],
  ['0 12 * * *', 36 * hour],
  ['0 */2 * * *', 26 * hour],
  ['0 * * * *', 26 * hour],
  ['*/30 * * * *', 6 * hour],
  ['*/15 * * * *', 5 * hour],
  ['* * * * *', hour],
  ['*/20 2 * * *', 30 * hour],
  ['59 23 * NOV-APR *', 36 * hour],
]
const gaps: readonly Gap[] = ['skip', 'next']
const repeats: readonly Repeat[] = ['first', 'second', 'both']

/** Park and Miller: the draws only need to be spread and repeatable. */
function drawsOf(start: number): (below: number) => number {
  let state = (start % 2_147_483_646) + 1
  return below => {
    state = (state * 48_271) % 2_147_483_647
    return Math.floor((state / 2_147_483_647) * below)
  }
}

interface Tally {
  changes: number
  cases: number
  probes: number
  far: number
  readonly wrong: string[]
}

function checkZone(zone: string, draw: (below: number) => number, tally: Tally): void {
  const firstYear = isFull ? 2000 : 2000 + draw(37)
  const [from, until] = [Date.UTC(firstYear, 0, 1), Date.UTC(isFull ? 2038 : firstYear + 2, 0, 1)]
  const changes = changesOf(zone, from - 10 * day, until + 10 * day)
  for (const change of changes) {
    if (change.at < from || change.at >= until) continue
    tally.changes += 1
    for (let count = 0; count < 2; count += 1) checkChange(zone, { change, changes, draw }, tally)
    checkFromAfar(zone, { change, changes, draw }, tally)
  }
  // Zones that never change, too.
  if (changes.length === 0) {
    checkChange(
      zone,
      { change: { at: from + draw(300) * day, before: 0, after: 0 }, changes: [fixed(zone, from)], draw },
      tally,
    )
  }
}

/** The offset of a zone without changes, in the form of one long ago. */
function fixed(zone: string, at: number): Change {
  const [change] = changesOf(zone, at, at + 1)
  if (change !== undefined) throw new Error(`${zone} does change`)
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hour: 'numeric',
    minute: 'numeric',
    day: 'numeric',
    hourCycle: 'h23',
  })
  const [date = 0, hours = 0, minutes = 0] = format.format(at).match(/\d+/g)?.map(Number) ?? []
  const ahead = (hours * 60 + minutes) * minute
  const offset = date === new Date(at).getUTCDate() ? ahead : ahead - day
  return { at: 0, before: offset, after: offset }
}

interface Around {
  readonly change: Change
  readonly changes: readonly Change[]
  readonly draw: (below: number) => number
}

function checkChange(zone: string, { change, changes, draw }: Around, tally: Tally): void {
  const [cron = '', span = hour] = expressions[draw(expressions.length)] ?? []
  const rules: Rules = { cron, gap: gaps[draw(2)] ?? 'skip', repeat: repeats[draw(3)] ?? 'both' }
  const next = nextOf({ kind: 'cron', timezone: zone, ...rules })
  const [from, until] = [change.at - span, change.at + span]
  const expected = bruteForce(rules, changes, from, until)
  const walked: number[] = []
  for (let at = next(from - 1); at !== undefined && at < until && walked.length < 500; at = next(at)) {
    if (at <= (walked.at(-1) ?? from - 1)) tally.wrong.push(`not later: ${zone} ${JSON.stringify(rules)} ${at}`)
    walked.push(at)
  }
  tally.cases += 1
  if (walked.join() !== expected.join()) {
    tally.wrong.push(
      `${zone} ${JSON.stringify(rules)} ${iso(change.at)}: ${walked.map(iso).join()}, expected ${expected.map(iso).join()}`,
    )
  }
  for (let count = 0; count < 5; count += 1) {
    const after = from + draw(until - from)
    const answer = next(after)
    const right = expected.find(at => at > after)
    tally.probes += 1
    if (right !== undefined ? answer !== right : answer !== undefined && answer < until) {
      tally.wrong.push(
        `from ${iso(after)}: ${zone} ${JSON.stringify(rules)}: ${answer === undefined ? 'none' : iso(answer)}`,
      )
    }
  }
}

/** A schedule of each year that falls into the night of a change, asked days to months before. */
function checkFromAfar(zone: string, { change, changes, draw }: Around, tally: Tally): void {
  const size = Math.abs(change.after - change.before)
  const wall = new Date(
    change.at + Math.min(change.before, change.after) + draw((size + 2 * hour) / minute) * minute - hour,
  )
  const cron = `${wall.getUTCMinutes()} ${wall.getUTCHours()} ${wall.getUTCDate()} ${wall.getUTCMonth() + 1} *`
  const rules: Rules = { cron, gap: gaps[draw(2)] ?? 'skip', repeat: repeats[draw(3)] ?? 'both' }
  const [expected] = bruteForce(rules, changes, change.at - 3 * day, change.at + 3 * day)
  const after = change.at - 3 * day - draw(300 * day)
  const answer = nextOf({ kind: 'cron', timezone: zone, ...rules })(after)
  tally.far += 1
  if (expected === undefined ? answer !== undefined && answer < change.at + 3 * day : answer !== expected) {
    tally.wrong.push(
      `from afar, ${iso(after)}: ${zone} ${JSON.stringify(rules)}: ${answer === undefined ? 'none' : iso(answer)}`,
    )
  }
}

const iso = (at: number): string => new Date(at).toISOString()

describe('schedules in every zone of the runtime', () => {
  it(`are right around every clock change (seed ${seed}${isFull ? ', all years' : ''})`, { timeout: 300_000 }, () => {
    const tally: Tally = { changes: 0, cases: 0, probes: 0, far: 0, wrong: [] }
    const draw = drawsOf(seed)
    for (const zone of zones) checkZone(zone, draw, tally)
    expect(tally.wrong.slice(0, 5)).toEqual([])
    // A loop that checks nothing would pass too.
    expect(zones.length).toBeGreaterThan(400)
    expect(tally.changes).toBeGreaterThan(isFull ? 11_000 : 300)
    expect(tally.probes).toBe(tally.cases * 5)
    expect(tally.far).toBe(tally.changes)
    if (isFull)
      console.info(
        `${zones.length} zones, ${tally.changes} changes, ${tally.cases} cases, ${tally.probes} probes, ${tally.far} from afar`,
      )
  })
})
