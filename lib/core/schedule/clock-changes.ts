/**
 * When the clocks of a zone change, from the runtime's own time-zone data. Pure but for its caches: the data of one
 * process do not change.
 *
 * Offsets are in milliseconds east of UTC: wall time = instant + offset.
 */

/** The first instant with the new offset, and both offsets. */
export interface ClockChange {
  readonly at: number
  readonly before: number
  readonly after: number
}

/** A stretch of a zone's time: its offset at the start, and the changes later than that. */
interface Block {
  readonly offset: number
  readonly changes: readonly ClockChange[]
}

interface Zone {
  readonly format: Intl.DateTimeFormat
  readonly blocks: Map<number, Block>
}

const dayMs = 86_400_000
/** Days in which changes are looked for at once. */
const blockDays = 32
const blockMs = blockDays * dayMs
/** Caches are bounded, because a caller chooses zones and years. */
const maxZones = 1_000
const maxBlocks = 1_000

const zones = new Map<string, Zone>()

/** Whether the runtime knows the zone. */
export function isZone(name: string): boolean {
  try {
    return name === 'UTC' || zoneOf(name) !== undefined
  } catch {
    return false
  }
}

/** The zone's offset at an instant, in milliseconds; whole seconds. @throws RangeError for an unknown zone */
export function offsetAt(zone: string, at: number): number {
  if (zone === 'UTC') return 0
  const { offset, changes } = blockOf(zone, Math.floor(at / blockMs))
  return changes.findLast(change => change.at <= at)?.after ?? offset
}

/** All changes with `from < at ≤ until`, in order. Meant for spans of days: it looks at each day once. */
export function changesWithin(zone: string, from: number, until: number): readonly ClockChange[] {
  if (zone === 'UTC') return []
  const found: ClockChange[] = []
  for (let number = Math.floor(from / blockMs); number * blockMs <= until; number += 1) {
    for (const change of blockOf(zone, number).changes) {
      if (change.at > from && change.at <= until) found.push(change)
    }
  }
  return found
}

function blockOf(name: string, number: number): Block {
  const zone = zoneOf(name)
  return zone.blocks.get(number) ?? remember(zone.blocks, maxBlocks, number, readBlock(zone.format, number * blockMs))
}

function readBlock(format: Intl.DateTimeFormat, start: number): Block {
  const changes: ClockChange[] = []
  const offset = readOffset(format, start)
  let before = offset
  // A day at a time: no zone changed twice within a day since 1970, and the test of all zones would see one.
  for (let day = 1; day <= blockDays; day += 1) {
    const end = start + day * dayMs
    const after = readOffset(format, end)
    if (after !== before) changes.push({ at: bisect(format, end - dayMs, end), before, after })
    before = after
  }
  // A change at the first instant of the next block belongs there as its offset, and here as a change.
  return { offset, changes }
}

/** The first instant within (low, high] that has another offset than `low`. Changes lie on whole seconds. */
function bisect(format: Intl.DateTimeFormat, low: number, high: number): number {
  const before = readOffset(format, low)
  let [last, first] = [low / 1_000, high / 1_000]
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2)
    if (readOffset(format, middle * 1_000) === before) last = middle
    else first = middle
  }
  return first * 1_000
}

/** '3/28/2027, GMT+02:00', before 1970 also '… GMT-00:44:30'; plain GMT is no offset. */
function readOffset(format: Intl.DateTimeFormat, at: number): number {
  const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(at)) ?? []
  if (sign === undefined) return 0
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1_000
  return sign === '-' ? -size : size
}

const zoneOf = (name: string): Zone =>
  zones.get(name) ??
  remember(zones, maxZones, name, {
    format: new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }),
    blocks: new Map(),
  })

function remember<Key, Value>(cache: Map<Key, Value>, size: number, key: Key, value: Value): Value {
  if (cache.size >= size) {
    const oldest = cache.keys().next()
    if (oldest.done !== true) cache.delete(oldest.value)
  }
  cache.set(key, value)
  return value
}
