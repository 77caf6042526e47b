/** T30, T20, T40, T41: a job waits at its gate, in line or for its slot; one that has none gets the gate of its queue. */
import { type Job, startableStates } from '../job/job.ts'
import { earlyStartMs } from '../values/times.ts'
import { absent, asSeen, atMost, equal, oneOf } from './clause.ts'
import type { Transition } from './transition.ts'

/** With what a job is parked: its item has not been read. */
export interface Parking {
  readonly fence: number
  readonly gate: string
  readonly now: number
  readonly request: string
}

/**
 * T30. The gate is full: the job waits there instead of in the queue, and its message goes. Its look stays where it is: it
 * brings a job into line whose worker died before it wrote the ticket.
 */
export const parkIfDispatched = ({ fence, gate, now, request }: Parking): Transition => ({
  name: 'parkIfDispatched',
  row: 'T30',
  event: { name: 'job_parked' },
  guard: [
    equal('fence', fence),
    oneOf('state', startableStates),
    atMost('scheduledAt', now + earlyStartMs),
    equal('gate', gate),
  ],
  set: { state: 'AVAILABLE', parked: now, request },
  remove: ['dispatches'],
})

/**
 * T40. The message in hand has a slot at the gate: the job is due then, and the message that is hidden until then starts it.
 * The look stays where it is: one that comes before the slot only sends another message.
 */
export const bookIfDispatched = ({
  fence,
  gate,
  now,
  slot,
  request,
}: Parking & { readonly slot: number }): Transition => ({
  name: 'bookIfDispatched',
  row: 'T40',
  event: { name: 'job_booked' },
  guard: [
    equal('fence', fence),
    oneOf('state', startableStates),
    atMost('scheduledAt', now + earlyStartMs),
    equal('gate', gate),
    absent('parked'),
  ],
  set: { scheduledAt: slot, pass: fence, request },
  remove: [],
})

/**
 * T41. Its queue has a limit that its producer did not know of: the job passes the gate of the queue from now on, in the place
 * of whatever gate it had. Repeated, it changes nothing more: a slot that was booked there meanwhile stays.
 */
export const gateIfDispatched = ({ fence, gate, now, request }: Parking): Transition => ({
  name: 'gateIfDispatched',
  row: 'T41',
  guard: [equal('fence', fence), oneOf('state', startableStates), atMost('scheduledAt', now + earlyStartMs)],
  set: { gate, request },
  remove: [],
})

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** T20. It waits in line still: the next look is an hour away, then as long as it has waited, a day at most. */
export const lookLaterIfParked = (job: Job, now: number): Transition => ({
  name: 'lookLaterIfParked',
  row: 'T20',
  guard: [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'lookAt'), asSeen(job, 'parked')],
  set: { lookAt: now + Math.min(dayMs, Math.max(hourMs, now - (job.parked ?? now))) },
  remove: [],
})
