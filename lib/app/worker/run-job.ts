/** A job that this run holds: from its start to the handler's outcome. */
import { isExpired, type Job } from '../../core/job/job.ts'
import type { JobError } from '../../core/job/job-error.ts'
import type { RecordKey } from '../../core/records/record.ts'
import { loadInput } from '../payloads.ts'
import { keptByOverlap } from './overlap.ts'
import type { Run, RunOutcome } from './run.ts'
import { RunCommit } from './run-commit.ts'
import { runHandler } from './run-handler.ts'
import { RunLease } from './run-lease.ts'
import { unrun } from './unrun.ts'

export interface EndedRun {
  readonly lease: RunLease
  readonly commit: RunCommit
  readonly outcome: RunOutcome
}

/** @param job as the start left it */
export async function runJob(run: Run, job: Job): Promise<EndedRun> {
  const lease = new RunLease(run, job)
  // Before the handler is called: one that takes its process down at once would leave the message hidden for the queue's
  // own timeout, and the job to the sweeper.
  await lease.hideMessage()
  const commit = new RunCommit(lease)
  const outcome = await runInTime(lease, commit)
  lease.close()
  return { lease, commit, outcome }
}

async function runInTime(lease: RunLease, commit: RunCommit): Promise<RunOutcome> {
  const { batch } = lease.run
  const { clock } = batch.deps
  const handler = batch.handlers.get(lease.job.type)
  if (handler === undefined) return unrun(lease)
  const earlyMs = lease.job.scheduledAt - clock.now()
  if (earlyMs > 0) await clock.sleep(earlyMs)
  if (lease.deadline <= clock.now() && !(await isRenewed(lease))) {
    return lease.stop === undefined ? unrun(lease) : { kind: 'lost' }
  }
  // A cancel that came between the write and now is seen before the handler is called at all.
  if (lease.job.cancelRequestedAt !== undefined) return { kind: 'cancelled' }
  const kept = await keptByOverlap(lease)
  if (kept !== undefined) return kept
  const held = await keptByFamily(lease)
  if (held !== undefined) return held
  const fetched = await fetchInput(lease)
  if (fetched.kind !== 'input') return fetched
  // The last thing before the handler is called: nothing takes time in between.
  if (isExpired(lease.job, clock.now())) return { kind: 'expired' }
  const handled = runHandler({ lease, commit, inputText: fetched.text }, handler)
  // A handler that ends within this turn of the event loop needs no timers, which cost more than the rest of its run.
  const first = await Promise.race([handled, clock.turn()])
  const watching = first === undefined ? [lease.watchDeadline(), lease.watchCancel()] : []
  const outcome = await handled
  lease.close()
  await Promise.all(watching)
  return outcome
}

/** Whom it waits for, and who waits for it. A job that is no member of a group costs nothing. */
async function keptByFamily(lease: RunLease): Promise<RunOutcome | undefined> {
  const { parent, batch } = lease.job
  if (parent === undefined && batch === undefined) return undefined
  try {
    const family = await import('../workflow/family.ts')
    return await family.keptByFamily(lease)
  } catch {
    // The tables do not answer: nobody knows whether the job may run.
    return unrun(lease)
  }
}

/** The input of the job, or what becomes of a run that has none. A job whose item holds it costs no request. */
async function fetchInput(lease: RunLease): Promise<{ readonly kind: 'input'; readonly text: string } | RunOutcome> {
  const { run, job } = lease
  const { batch } = run
  try {
    const get = (keys: readonly RecordKey[]) => Promise.all(keys.map(key => batch.readRecord(key)))
    const { payloads } = batch.deps
    const loaded = await loadInput({ records: { get }, ...(payloads === undefined ? {} : { payloads }) }, job)
    if (loaded.kind === 'loaded') return { kind: 'input', text: loaded.input }
    if (loaded.kind === 'gone') return { kind: 'failed', error: payloadGone(job) }
  } catch {
    // The table does not answer. No attempt is charged for what the job cannot help.
  }
  return unrun(lease)
}

const payloadGone = ({ ref }: Job): JobError => ({
  name: 'PayloadGone',
  message: `the input of the job is gone: ${ref}`,
})

/** The start's own write took so long that nothing of the lease is left to work in: take a new one first. */
async function isRenewed(lease: RunLease): Promise<boolean> {
  try {
    return (await lease.heartbeat()) && lease.deadline > lease.run.batch.deps.clock.now()
  } catch {
    return false
  }
}
