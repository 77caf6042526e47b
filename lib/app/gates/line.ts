/** The line at a gate: a ticket for each job that waits, by priority, then by the time at which it was due. */

import type { Job } from '../../core/job/job.ts'
import { gateFrom, newGate, queueUp, watchIfIdle } from '../../core/records/gate.ts'
import { gateKey, ticketKey, ticketPrefix } from '../../core/records/keys.ts'
import type { RecordKey, StoredRecord } from '../../core/records/record.ts'
import { isBeyondWindow } from '../../core/transitions/window.ts'
import type { Deps } from '../../ports/deps.ts'
import { changed, type GateDeps, read } from './places.ts'

/** A job that waits at its gate. One that no message was ever sent of waits for room in its queue instead. */
export type ParkedJob = Job & { readonly gate: string; readonly parked: number }

export const isParked = (job: Job): job is ParkedJob =>
  job.state === 'AVAILABLE' && job.gate !== undefined && job.parked !== undefined && !isBeyondWindow(job)

/** The same for whoever writes it, as long as the job waits: its times do not change meanwhile. */
export const ticketKeyOf = ({ id, gate, priority = 0, scheduledAt }: ParkedJob): RecordKey =>
  ticketKey(gateKey(gate), { priority, since: scheduledAt, jobId: id })

/** False when it is not known whether the ticket is there. After the job was parked, never before: see the pump. */
export async function takeTicket(deps: GateDeps, job: ParkedJob): Promise<boolean> {
  const { kind } = await changed(deps, ticketKeyOf(job), queueUp(job.id, job.parked, deps.clock.now()))
  return kind === 'applied'
}

/** The first in line. @throws Unavailable */
export async function ticketsOf(
  deps: Pick<Deps, 'records' | 'clock'>,
  gate: string,
  limit: number,
): Promise<readonly StoredRecord[]> {
  const { id } = gateKey(gate)
  const query = { id, prefix: ticketPrefix, limit, isConsistent: true }
  const page = await read(deps, () => deps.records.query(query))
  return page.records
}

/**
 * Lets the sweeper look at the gate. After the ticket, or the sweeper might leave just before it comes.
 * @returns false when it is not known whether it looks
 */
export async function watchGate(
  deps: GateDeps,
  queue: string,
  gate: string,
  found: StoredRecord | undefined,
): Promise<boolean> {
  if (gateFrom(found).lookAt !== undefined) return true
  const now = deps.clock.now()
  // The gate itself may be gone: nobody passed it for a month.
  if (found === undefined) await deps.records.putIfAbsent([newGate(gate, now)])
  const outcome = await changed(deps, gateKey(gate), watchIfIdle(queue, gate, now))
  return outcome.kind === 'applied' || (outcome.kind === 'refused' && gateFrom(outcome.record).lookAt !== undefined)
}

/**
 * For parked jobs whose look has come: each has its ticket afterwards, and the sweeper looks at its gate. In the usual case
 * that is so already, and costs reads only.
 * @returns the ids of those of which nobody knows
 */
export async function keepInLine(
  deps: Pick<Deps, 'records' | 'clock'>,
  jobs: readonly ParkedJob[],
): Promise<readonly string[]> {
  if (jobs.length === 0) return []
  const keys = jobs.flatMap(job => [ticketKeyOf(job), gateKey(job.gate)])
  const found = await deps.records.get(keys)
  const failedIds: string[] = []
  for (const [index, job] of jobs.entries()) {
    const hasTicket = found[index * 2]?.attributes['parkedAt'] === job.parked
    if (!(await isKept(deps, job, { hasTicket, gate: found[index * 2 + 1] }))) failedIds.push(job.id)
  }
  return failedIds
}

async function isKept(
  deps: GateDeps,
  job: ParkedJob,
  { hasTicket, gate }: { readonly hasTicket: boolean; readonly gate: StoredRecord | undefined },
): Promise<boolean> {
  if (hasTicket) return watchGate(deps, job.queue, job.gate, gate)
  if (!(await takeTicket(deps, job))) return false
  // The sweeper may have left the gate since it was read: there was no ticket yet.
  const [since] = await read(deps, () => deps.records.get([gateKey(job.gate)]))
  return watchGate(deps, job.queue, job.gate, since)
}
