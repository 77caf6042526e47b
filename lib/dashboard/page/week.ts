/** The week of a schedule, in its own zone: what it fired, what came of that, and what comes. */
import type { OccurrenceShown, PreviewShown } from './types.ts'

export interface Dot {
  /** `02:30`, by the clock of the zone; of many in one hour `02:00`. */
  readonly time: string
  readonly tone: string
  readonly mark: string
  readonly text: string
  /** Of the job; absent of what comes, and of several. */
  readonly job?: string
  /** What a clock change does to it. */
  readonly note?: string
  readonly count: number
}

export interface Day {
  /** `2026-11-26`, in the zone. */
  readonly date: string
  readonly name: string
  readonly isToday: boolean
  /** `clocks go forward by 1 h`. */
  readonly change?: string
  readonly dots: readonly Dot[]
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const looks: Readonly<Record<string, readonly [tone: string, mark: string, text: string]>> = {
  COMPLETED: ['good', '✓', 'completed'],
  FAILED: ['bad', '✕', 'failed'],
  CANCELLED: ['soft', '⊘', 'cancelled'],
  none: ['soft', '◌', 'no job: skipped, missed, or its job is gone'],
  next: ['link', '○', 'to come'],
}
const lookOf = (state: string): readonly [string, string, string] => looks[state] ?? ['warn', '▶', state.toLowerCase()]

const zoned = (options: Intl.DateTimeFormatOptions, timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-CA', { ...options, timeZone, hourCycle: 'h23' })

/** Minutes that the zone is ahead of UTC. */
export function offsetAt(instant: number, timeZone: string): number {
  const parts = zoned({ timeZoneName: 'longOffset' }, timeZone).formatToParts(instant)
  const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d{2}):?(\d{2})?/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

/** `2026-11-26`, by the clock of the zone. */
export const dateIn = (instant: number, timeZone: string): string =>
  zoned({ year: 'numeric', month: '2-digit', day: '2-digit' }, timeZone).format(instant)

/** The Monday of its week. */
export function mondayOf(date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`)
  return dayAfter(date, -((new Date(at).getUTCDay() + 6) % 7))
}

export const dayAfter = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)

/** A Monday that the address names; this week where it names none. */
export const weekOf = (given: string | null, now: number, zone: string): string =>
  mondayOf(
    given !== null && /^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(Date.parse(given)) ? given : dateIn(now, zone),
  )

/** When that date begins in the zone, to the minute. */
function startOf(date: string, timeZone: string): number {
  const asUtc = Date.parse(`${date}T00:00:00Z`)
  const first = asUtc - offsetAt(asUtc, timeZone) * 60_000
  return asUtc - offsetAt(first, timeZone) * 60_000
}

interface Known {
  readonly past: readonly OccurrenceShown[]
  readonly next: PreviewShown['next']
}

/** @param monday `2026-11-23` */
export function daysOf(
  known: Known,
  { monday, zone, now }: { monday: string; zone: string; now: number },
): readonly Day[] {
  const clock = zoned({ hour: '2-digit', minute: '2-digit' }, zone)
  const all = [
    ...known.past.map(({ at, id, state }) => ({
      at,
      job: id,
      look: lookOf(state ?? 'none'),
      hasJob: state !== undefined,
    })),
    ...known.next.map(({ at, note }) => ({ at, look: lookOf('next'), note, hasJob: false })),
  ].toSorted((a, b) => (a.at < b.at ? -1 : 1))
  const byDate = Map.groupBy(all, ({ at }) => dateIn(Date.parse(at), zone))
  return Array.from({ length: 7 }, (_, index) => {
    const date = dayAfter(monday, index)
    const dots = (byDate.get(date) ?? []).map(({ at, look: [tone, mark, text], hasJob, ...one }): Dot => {
      const job = 'job' in one && hasJob ? { job: one.job } : {}
      const note = 'note' in one && one.note !== undefined ? { note: one.note } : {}
      return { time: clock.format(Date.parse(at)), tone, mark, text, ...job, ...note, count: 1 }
    })
    return {
      date,
      name: new Date(`${date}T00:00:00Z`).toLocaleDateString('en', {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        timeZone: 'UTC',
      }),
      isToday: date === dateIn(now, zone),
      ...changeOn(date, zone),
      dots: dots.length > maxDots ? byHour(dots) : dots,
    }
  })
}

/** More than so many in a day are counted by the hour. */
const maxDots = 12

/** In each hour those that ended alike, or that come, are one. What a clock change touches stays alone. */
function byHour(dots: readonly Dot[]): readonly Dot[] {
  const groups = Map.groupBy(dots, ({ time, mark, note }) => `${time.slice(0, 2)}:00 ${mark} ${note ?? ''}`)
  return [...groups].map(([key, some]) => {
    const [{ tone, mark, text, note }] = some as [Dot]
    return { time: key.slice(0, 5), tone, mark, text, count: some.length, ...(note === undefined ? {} : { note }) }
  })
}

function changeOn(date: string, zone: string): Pick<Day, 'change'> {
  const by = offsetAt(startOf(dayAfter(date, 1), zone), zone) - offsetAt(startOf(date, zone), zone)
  if (by === 0) return {}
  const size = Math.abs(by) % 60 === 0 ? `${Math.abs(by) / 60} h` : `${Math.abs(by)} min`
  return { change: `clocks go ${by > 0 ? 'forward' : 'back'} by ${size}` }
}
