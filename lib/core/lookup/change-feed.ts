/**
 * What happened to jobs, as a feed that a caller follows: each answer says where the next one starts.
 *
 * Samples of a minute are written late, and by several shards of the stream in turn: one that comes later can be older than
 * one that was shown. So a place names what was shown of the last half minute, and nothing older is shown.
 */
import { shortHash } from '../history/position.ts'
import type { Sampled } from '../history/samples.ts'
import { InvalidInput } from '../values/errors.ts'
import { lastInstant } from '../values/instant.ts'

/** What one change was: an outcome of a run, an end, or, locally, a job that is new or that started. */
export type ChangeKind = Sampled | 'enqueued' | 'started' | 'moved'
export const changeKinds = [
  'enqueued',
  'started',
  'completed',
  'failed',
  'retried',
  'crashed',
  'cancelled',
  'snoozed',
  'moved',
] as const satisfies readonly ChangeKind[]

export interface FeedEntry {
  readonly at: number
  readonly queue: string
  readonly id: string
  readonly kind: ChangeKind
}

export interface FeedPlace {
  /** Nothing up to this instant is shown any more, epoch milliseconds. */
  readonly since: number
  /** Short hashes of what was shown of the time after it. */
  readonly shown: readonly string[]
}

/** The recorder collects for five seconds, may be called again, and its shards take turns. */
export const lateMs = 30_000
/** Of one answer; as many again fit into a place. */
export const maxFeed = 500
const version = 1
const maxPlaceLength = 12_000
const allowed = 'what an answer gave as `next`'

export const placeText = ({ since, shown }: FeedPlace): string =>
  Buffer.from(JSON.stringify([version, since, shown.join('')])).toString('base64url')

/** @throws InvalidInput for text that no answer gave */
export function placeFrom(text: unknown): FeedPlace {
  const [given, since, shown, ...rest] = valuesIn(text)
  const isOurs = given === version && rest.length === 0 && typeof shown === 'string' && /^(?:[0-9a-f]{8})*$/.test(shown)
  if (!isOurs || !Number.isSafeInteger(since) || Number(since) < 0 || Number(since) > lastInstant) {
    throw new InvalidInput('after', text, allowed)
  }
  return { since: Number(since), shown: shown.match(/.{8}/g) ?? [] }
}

function valuesIn(text: unknown): readonly unknown[] {
  if (typeof text !== 'string' || text.length > maxPlaceLength || !/^[\w-]+$/.test(text)) return []
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

const hashOf = ({ at, queue, id, kind }: FeedEntry): string => shortHash(JSON.stringify([at, queue, id, kind]))

/** What is new after a place, the earliest first, and the place after it. */
export function feedAfter(
  found: readonly FeedEntry[],
  place: FeedPlace,
): { readonly fresh: readonly FeedEntry[]; readonly next: FeedPlace } {
  const shown = new Set(place.shown)
  const entries = found
    .filter(({ at }) => at > place.since)
    .map(entry => ({ entry, hash: hashOf(entry) }))
    .toSorted((a, b) => a.entry.at - b.entry.at)
  const fresh = entries.filter(({ hash }) => !shown.has(hash)).slice(0, maxFeed)
  const latest = Math.max(place.since + lateMs, ...fresh.map(({ entry }) => entry.at))
  const isKnown = new Set([...shown, ...fresh.map(({ hash }) => hash)])
  const known = entries.filter(({ entry, hash }) => isKnown.has(hash) && entry.at > latest - lateMs)
  // More would make the place too long: then what is older comes too late to be shown.
  const dropped = known.slice(0, -maxFeed).map(({ entry }) => entry.at)
  return {
    fresh: fresh.map(({ entry }) => entry),
    next: { since: Math.max(latest - lateMs, ...dropped), shown: known.slice(-maxFeed).map(({ hash }) => hash) },
  }
}
