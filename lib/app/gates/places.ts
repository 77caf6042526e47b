/** Takes, prolongs and frees a place in a gate; takes a slot where the gate has a rate. */
import type { RecordChange } from '../../core/records/change.ts'
import {
  freeIfSeen,
  gateFrom,
  mendIfBroken,
  newGate,
  type Permit,
  prolongIfMine,
  promisedFence,
  promiseTo,
  type Taking,
  takeIfFree,
  takeOverIfSeen,
} from '../../core/records/gate.ts'
import { gateKey } from '../../core/records/keys.ts'
import {
  type Booking,
  bookAlone,
  bookAnewIfSeen,
  bookIfIdle,
  bookIfWithin,
  bookWith,
  isSpoilt,
  slotTaken,
  tatOf,
} from '../../core/records/rate.ts'
import type { RecordKey, StoredRecord } from '../../core/records/record.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { nextSlot, type Rate, usOf } from '../../core/values/rate.ts'
import { repeatFailed } from '../../core/values/repeat-failed.ts'
import type { Deps } from '../../ports/deps.ts'
import type { UpdateOutcome } from '../../ports/record-store.ts'

export type GateDeps = Pick<Deps, 'records' | 'clock'>

/** Beyond the SDK's own retries. */
const delaysMs = [100, 400]

/** One change of one record. A repeat of a change that was carried out is refused, and the record tells. */
export async function changed(
  { records, clock }: GateDeps,
  key: RecordKey,
  change: RecordChange,
): Promise<UpdateOutcome> {
  const [outcome] = await repeatFailed<RecordKey, UpdateOutcome>(
    [key],
    keys => records.update(keys.map(one => ({ key: one, change }))),
    ({ kind }) => kind === 'failed',
    { clock, delaysMs },
  )
  return outcome ?? { kind: 'failed', error: new Unavailable('gate', 'no answer') }
}

/** A read of a gate or of its line: one that fails would leave a free place empty until the next tick. @throws Unavailable */
export async function read<T>({ clock }: Pick<GateDeps, 'clock'>, ask: () => Promise<T>): Promise<T> {
  for (const delayMs of delaysMs) {
    try {
      return await ask()
    } catch {
      await clock.sleep(delayMs)
    }
  }
  return ask()
}

/** What asks for a place: a run that is about to start, or the line on behalf of a job in it. */
export interface PlaceRequest extends Omit<Taking, 'now'> {
  readonly gate: string
  /** Of the message in hand, or of the message that will be sent. */
  readonly fence: number
  /** Whether the place was promised to the message: that form is tried first. */
  readonly isPromised: boolean
  /** A slot is taken in the same write. Absent: the gate has no rate, or the job has its slot. */
  readonly booking?: Within
  /** The gate as it was read a moment ago: it saves a first try that would be refused. */
  readonly seen?: StoredRecord | undefined
}

/** Which slot is wanted. */
export interface Within {
  readonly rate: Rate
  /** How far ahead it may be. */
  readonly aheadMs: number
}

export type PlaceOutcome =
  /** `slot`: where one was asked for. */
  | { readonly kind: 'taken'; readonly slot?: number }
  /** A place is free, and the next slot comes too late. Nothing was taken. */
  | { readonly kind: 'later' }
  /** `promise`: what the job was promised before the limit was lowered. */
  | { readonly kind: 'full'; readonly promise?: Permit }
  /** The job's own permit belongs to a run whose lease is not over. */
  | { readonly kind: 'held'; readonly until: number }
  /** The place was promised to a message that is newer than this one. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'failed'; readonly error: Error }

/** Refused again and again by a moving record: the message comes back a little later. */
const maxTries = 6

type SetChange = ReturnType<typeof takeIfFree>

/** One try. */
type Asked = PlaceRequest & Pick<Taking, 'now'>

/** Each try reads the clock: to one that stood still since, the slots of others would seem to be astray. */
export async function takePlace(deps: GateDeps, request: PlaceRequest): Promise<PlaceOutcome> {
  const key = gateKey(request.gate)
  let asked: Asked = { ...request, now: deps.clock.now() }
  let change = firstTry(asked)
  for (let tries = 0; tries < maxTries; tries += 1) {
    if ('kind' in change) return change
    const outcome = await changed(deps, key, change)
    if (outcome.kind === 'applied') return { kind: 'taken', ...slotIn(outcome.record, asked) }
    if (outcome.kind === 'failed') return outcome
    const found = outcome.record ?? (await made(deps, asked))
    if (found === 'made') return { kind: 'taken', ...(asked.booking === undefined ? {} : { slot: asked.now }) }
    if (found instanceof Error) return { kind: 'failed', error: found }
    asked = { ...request, now: deps.clock.now() }
    change = decide(asked, found)
  }
  return { kind: 'failed', error: new Unavailable('gate', `it changed ${maxTries} times`) }
}

function firstTry(request: Asked): SetChange | PlaceOutcome {
  const { booking, now, seen } = request
  if (booking !== undefined && seen !== undefined) return decide(request, seen)
  const first = request.isPromised ? takeOverIfSeen(request, { by: promiseTo(request.fence) }) : takeIfFree(request)
  return booking === undefined ? first : bookWith(first, bookIfIdle(booking.rate, now))
}

const slotIn = (record: StoredRecord, { booking, now }: Asked): { readonly slot?: number } =>
  booking === undefined ? {} : { slot: slotTaken(record, booking.rate, now) }

/** Makes the gate, with this permit in it. @returns the record of whoever was faster */
async function made({ records }: GateDeps, request: Asked): Promise<StoredRecord | Error | 'made'> {
  const { booking, now } = request
  const gate = newGate(request.gate, now, request)
  const tat = booking === undefined ? {} : { tat: usOf(now) + booking.rate.everyUs }
  const [outcome] = await records.putIfAbsent([{ ...gate, attributes: { ...gate.attributes, ...tat } }])
  if (outcome?.kind === 'put') return 'made'
  return outcome?.kind === 'exists' ? outcome.record : (outcome?.error ?? new Error('no answer'))
}

function decide(request: Asked, found: StoredRecord): SetChange | PlaceOutcome {
  const change = decidePlace(request, found)
  const { booking: wanted, now } = request
  if ('kind' in change || wanted === undefined) return change
  const booking = bookingAt(found, wanted, now)
  return booking === undefined ? { kind: 'later' } : bookWith(change, booking)
}

function decidePlace(request: Asked, found: StoredRecord): SetChange | PlaceOutcome {
  const { held } = gateFrom(found)
  const { jobId, permit, max, fence, now } = request
  const own = held.get(jobId)
  if (found.attributes['held'] === undefined) return mendIfBroken(request)
  if (own === undefined) return held.size < max ? takeIfFree(request) : { kind: 'full' }
  // Carried out before, and its answer lost; or promised by somebody else to the same message.
  if (own.by === permit.by) return request.booking === undefined ? { kind: 'taken' } : slotLost
  const promised = promisedFence(own)
  if (promised !== undefined && promised > fence) return { kind: 'stale' }
  if (promised === undefined && own.until >= now) return { kind: 'held', until: own.until }
  // The limit was lowered meanwhile.
  if (held.size <= max) return takeOverIfSeen(request, own)
  return promised === undefined ? { kind: 'full' } : { kind: 'full', promise: own }
}

/** Which slot it was nobody knows any more. It is wasted, and the job asks again. */
const slotLost: PlaceOutcome = { kind: 'failed', error: new Unavailable('gate', 'the answer with the slot was lost') }

/** What takes the next slot of the gate as it was found; undefined where that comes too late. */
function bookingAt(found: StoredRecord | undefined, { rate, aheadMs }: Within, now: number): Booking | undefined {
  if (found !== undefined && isSpoilt(found, rate, now)) return bookAnewIfSeen(found, rate, now)
  const tat = tatOf(found)
  if (tat <= usOf(now)) return bookIfIdle(rate, now)
  return nextSlot(tat, rate, now) > now + aheadMs ? undefined : bookIfWithin(rate, now, aheadMs)
}

export type SlotOutcome =
  | { readonly kind: 'booked'; readonly slot: number }
  /** The next slot comes too late, or goes to the jobs in line. */
  | { readonly kind: 'later' }
  | { readonly kind: 'failed'; readonly error: Error }

/** A slot without a place. @param hasNoLine: jobs in line go first */
export async function takeSlot(
  deps: GateDeps,
  gate: string,
  { hasNoLine, ...within }: Within & { readonly hasNoLine: boolean },
): Promise<SlotOutcome> {
  const { rate } = within
  let now = deps.clock.now()
  let booking: Booking | undefined = bookIfIdle(rate, now)
  for (let tries = 0; tries < maxTries && booking !== undefined; tries += 1) {
    const outcome = await changed(deps, gateKey(gate), bookAlone(booking, { now, hasNoLine }))
    if (outcome.kind === 'applied') return { kind: 'booked', slot: slotTaken(outcome.record, rate, now) }
    if (outcome.kind === 'failed') return outcome
    if (hasNoLine && outcome.record?.attributes['lane'] !== undefined) return { kind: 'later' }
    now = deps.clock.now()
    booking = bookingAt(outcome.record, within, now)
  }
  if (booking === undefined) return { kind: 'later' }
  return { kind: 'failed', error: new Unavailable('gate', `it changed ${maxTries} times`) }
}

/**
 * The run goes on. Where somebody took its place away, such as an edit in the console, it takes another if one is free.
 * @returns false when it has none
 * @throws Unavailable when nobody knows
 */
export async function prolongPlace(deps: GateDeps, request: PlaceRequest): Promise<boolean> {
  const outcome = await changed(deps, gateKey(request.gate), prolongIfMine(request.jobId, request.permit))
  if (outcome.kind === 'applied') return true
  const again = outcome.kind === 'refused' ? await takePlace(deps, request) : outcome
  if (again.kind === 'failed') throw new Unavailable('gate', again.error)
  return again.kind === 'taken'
}

/**
 * Frees a place.
 * @returns whether somebody may wait for it: the gate was full, the sweeper looks at it, or nobody knows. A limit that was
 * raised or lowered during the run makes the first untrue
 */
export async function freePlace(
  deps: GateDeps,
  gate: string,
  { jobId, by, max }: { readonly jobId: string; readonly by: string; readonly max: number },
): Promise<boolean> {
  const outcome = await changed(deps, gateKey(gate), freeIfSeen(jobId, { by }))
  if (outcome.kind !== 'applied') return true
  const { held, lookAt } = gateFrom(outcome.record)
  return lookAt !== undefined || held.size + 1 >= max
}
