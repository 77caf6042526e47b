/** What has truly happened in a world, beside what its items say: the checks compare the two. */

import type { Delivery } from '../../lib/app/worker/run.ts'
import type { EnqueueOutcome } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { isTerminal, type Job, type RawJob } from '../../lib/core/job/job.ts'
import { type Message, parseMessage } from '../../lib/core/job/message.ts'
import type { Outgoing } from '../../lib/ports/job-queue.ts'
import type { Change, ChangeOutcome } from '../../lib/ports/job-store.ts'
import type { TelemetryEvent } from '../../lib/ports/telemetry.ts'
import {
  type JobFacts,
  newJobFacts,
  newProcFacts,
  newRun,
  type PauseFacts,
  type ProcFacts,
  type Run,
} from './job-facts.ts'
import type { Proc } from './proc.ts'
import type { Refusal, Write } from './table.ts'

export class Facts {
  readonly jobs = new Map<string, JobFacts>()
  readonly runs = new Map<string, Run>()
  /** By type and idempotency key: the ids that were answered. */
  readonly ids = new Map<string, Set<string>>()
  /** Pauses of queues, as they were confirmed. */
  readonly pauses: PauseFacts[] = []
  /** What limited a queue from an instant on. */
  readonly limits: { readonly queue: string; readonly max: number; readonly hasRate: boolean; readonly at: number }[] =
    []
  readonly #keyed = new Set<string>()
  readonly #procs = new WeakMap<Proc, ProcFacts>()
  readonly #now: () => number
  /** Told when a handler is called, and when a batch has ended. */
  onHandler: (run: Run, ctx: RunContext) => void = () => {}
  onBatchEnd: (worker: Proc) => void = () => {}
  onAbort: (run: Run, reason: unknown) => void = () => {}
  onTakedown: (worker: Proc, run: Run) => void = () => {}
  onSend: (job: JobFacts) => void = () => {}
  onClientEnd: (client: Proc, outcomes: readonly EnqueueOutcome[]) => void = () => {}
  onPlacerEnd: (placer: Proc) => void = () => {}
  /** A sweeper or a dispatcher reads, or gets an image. */
  onRead: (proc: Proc, jobs: readonly Job[]) => void = () => {}

  constructor(now: () => number) {
    this.#now = now
  }

  job(id: string): JobFacts {
    const known = this.jobs.get(id)
    if (known !== undefined) return known
    const fresh = newJobFacts(id, this.#now())
    this.jobs.set(id, fresh)
    return fresh
  }

  of(proc: Proc): ProcFacts {
    const known = this.#procs.get(proc)
    if (known !== undefined) return known
    const fresh = newProcFacts()
    this.#procs.set(proc, fresh)
    return fresh
  }

  delivered(worker: Proc, deliveries: readonly Delivery[], endAt: number): void {
    const facts = this.of(worker)
    facts.endAt = endAt
    facts.hiddenMs.clear()
    const best = new Map<string, { readonly message: Message; readonly receives: number }>()
    for (const { body, receives } of deliveries) {
      const message = parseMessage(body)
      const other = message === undefined ? undefined : best.get(message.id)
      if (message === undefined || (other !== undefined && other.message.fence >= message.fence)) continue
      best.set(message.id, { message, receives })
    }
    // Those of former invocations stay: a write of theirs may be carried out late.
    for (const [id, { message, receives }] of best) {
      facts.messages.set(id, message)
      facts.receives.set(id, receives)
      const fences = facts.fences.get(id) ?? new Set()
      facts.fences.set(id, fences.add(message.fence))
    }
  }

  /** @param hiddenMs for how long the message of a job is handed back */
  batchEnded(worker: Proc, hiddenMs: ReadonlyMap<string, number>): void {
    for (const [id, milliseconds] of hiddenMs) this.of(worker).hiddenMs.set(id, milliseconds)
    this.onBatchEnd(worker)
  }

  handlerStarted(worker: Proc, ctx: RunContext): () => void {
    const job = this.job(ctx.job.id)
    job.handlerCalls += 1
    const run =
      job.runs.findLast(one => one.proc === worker && one.leaseUntil !== undefined && one.handlerCalls === 0) ??
      job.runs.findLast(one => one.proc === worker && one.leaseUntil !== undefined)
    if (run === undefined) return () => {}
    run.handlerCalls += 1
    run.signal = ctx.signal
    ctx.signal.addEventListener('abort', () => this.onAbort(run, ctx.signal.reason), { once: true })
    this.onHandler(run, ctx)
    return () => {
      run.isSettled = true
      run.wasAborted = ctx.signal.aborted
    }
  }

  /** The handler of a job takes its process down, or keeps it busy for longer than the leases in it last. */
  tookDown(worker: Proc, id: string): void {
    this.job(id).takedowns += 1
    this.of(worker).takenDownBy = id
    const run = this.job(id).runs.findLast(({ proc }) => proc === worker)
    if (run !== undefined) this.onTakedown(worker, run)
  }

  /** The handler of a job commits from here on. */
  commits(worker: Proc, id: string): void {
    const run = this.job(id).runs.findLast(one => one.proc === worker && one.leaseUntil !== undefined)
    if (run !== undefined) run.hasCommitted = true
  }

  effect(id: string, isLate: boolean): void {
    if (isLate) this.job(id).lateEffects += 1
    else this.job(id).effects += 1
  }

  runsOf(proc: Proc): readonly Run[] {
    return this.of(proc).runs
  }

  sendTried(proc: Proc, { id, fence }: Message): void {
    this.of(proc).sendTries.add(`${id} ${fence}`)
  }

  notSent(proc: Proc, message: Message): void {
    this.of(proc).unsent.push(message)
  }

  sent({ message: { id }, tenant }: Pick<Outgoing, 'message' | 'tenant'>): void {
    const job = this.job(id)
    job.sends += 1
    job.sentFor = tenant
    this.onSend(job)
  }

  /** A start that was tried: from here on the token belongs to this process. */
  tried({ change, writer }: Pick<Refusal, 'change' | 'writer'>): void {
    const owner = change.transition.set.owner
    if (owner !== undefined && writer !== undefined) this.run(owner, change.id, writer)
  }

  run(owner: string, id: string, proc: Proc): Run {
    const known = this.runs.get(owner)
    if (known !== undefined) return known
    const run = newRun(owner, id, proc)
    this.runs.set(owner, run)
    this.job(id).runs.push(run)
    this.of(proc).runs.push(run)
    return run
  }

  /** Answers have reached the process that asked: of a heartbeat it knows now what became of it. */
  answered(changes: readonly Change[], outcomes: readonly ChangeOutcome[]): void {
    for (const [index, { transition }] of changes.entries()) {
      const owner = transition.guard.find(({ attribute }) => attribute === 'owner')
      if (transition.row !== 'T8' || owner === undefined || !('value' in owner)) continue
      const run = this.runs.get(String(owner.value))
      if (run !== undefined && outcomes[index]?.kind !== 'failed') run.beatsOpen = Math.max(0, run.beatsOpen - 1)
    }
  }

  /** After the checks have seen the write. */
  wrote(write: Write): void {
    const { id, before, after, transition, writer, kind } = write
    const job = this.job(id)
    job.writes += 1
    job.writtenAt = this.#now()
    if (kind === 'insert' && after?.request !== undefined) {
      job.putBy.add(after.request)
      if (writer !== undefined) this.of(writer).inserted.set(id, after.request)
      this.#place(job)
    }
    if (kind === 'edit' || kind === 'foreign') {
      job.edits += 1
      job.awaitsAdoption = true
      job.isDisturbed = true
      this.#place(job)
    }
    if (after === undefined) this.#removed(job)
    if (writer !== undefined && after?.fence !== undefined && owesMessage(write))
      this.of(writer).placed.set(id, after.fence)
    if (transition !== undefined) this.#changed(job, before, after, write)
  }

  #changed(job: JobFacts, before: RawJob | undefined, after: RawJob | undefined, { transition, writer }: Write): void {
    if (transition === undefined) return
    const isOutOfLine = transition.row === 'T5' && before?.parked !== undefined
    if (['T19', 'T22', 'T30'].includes(transition.row) || isOutOfLine) job.foundAt = this.#now()
    if (transition.row === 'T19' && before?.attemptsLeft === undefined && before?.finishedAt === undefined)
      job.isByContract = true
    const isBroughtHome = ['T19', 'T22', 'T23'].includes(transition.row) || transition.deletes === true
    if (isBroughtHome || (after?.state !== undefined && isTerminal(after.state))) {
      job.awaitsAdoption = false
      job.isAstray = false
    }
    if (transition.name === 'renewIfEnded' && after?.request !== undefined) job.putBy.add(after.request)
    job.crashes += Math.max(0, (after?.crashes ?? 0) - (before?.crashes ?? 0))
    const isStart = transition.row === 'T6' && transition.set.owner !== undefined
    if ((isStart || transition.row === 'T7') && writer !== undefined && after?.owner !== undefined) {
      const run = this.run(after.owner, job.id, writer)
      run.leaseUntil = after.leaseUntil
      run.startedAt = this.#now()
      run.placement = transition.row
      job.previouslyPlacedAt = job.placedAt
      this.#place(job)
    }
    if (transition.row === 'T9' || transition.row === 'T10') job.completions += 1
    if (transition.row === 'T8') job.heartbeats += 1
    // Also with what follows.
    if (transition.name.startsWith('cancelIfLeaseOver')) job.leasesCancelled += 1
    if (transition.row === 'T8' && before?.owner !== undefined) {
      const run = this.runs.get(before.owner)
      if (run !== undefined) {
        run.leaseUntil = after?.leaseUntil
        run.beatsOpen += 1
      }
    }
    const outcomeOf = transition.set.lastOwner
    const run = outcomeOf === undefined ? undefined : this.runs.get(outcomeOf)
    if (run !== undefined) {
      run.isReleased = true
      run.outcome = transition.name
      if (transition.row === 'T11' || transition.row === 'T13')
        run.retryInMs = (after?.scheduledAt ?? 0) - (writer?.now() ?? 0)
    }
    if (['T11', 'T13', 'T14', 'T16', 'T19', 'T30', 'T26', 'T27', 'T29'].includes(transition.row)) this.#place(job)
    if (['T15', 'T16', 'T17', 'T26', 'T27', 'T29'].includes(transition.row)) job.isDisturbed = true
  }

  /** What comes under this id from here on is another job. */
  #removed(job: JobFacts): void {
    job.removals += 1
    for (const run of job.runs) {
      run.isReleased = true
      run.isSettled = true
    }
  }

  #place(job: JobFacts): void {
    job.placedAt = this.#now()
    job.sends = 0
  }

  keyed(type: string, key: string, id: string): void {
    const known = this.ids.get(`${type} ${key}`) ?? new Set()
    this.ids.set(`${type} ${key}`, known.add(id))
    this.#keyed.add(id)
  }

  isKeyed(id: string): boolean {
    return this.#keyed.has(id)
  }

  /** A sweeper asks for the due rows of a lane. */
  walked(proc: Proc, lane: string): void {
    this.of(proc).lanes.add(lane)
  }

  clientEnded(client: Proc, outcomes: readonly EnqueueOutcome[]): void {
    this.onClientEnd(client, outcomes)
  }

  /** A sweeper or a dispatcher that got to its end. */
  placerEnded(placer: Proc): void {
    this.onPlacerEnd(placer)
  }

  read(proc: Proc, jobs: readonly (Job | undefined)[]): void {
    if (proc.kind === 'sweeper')
      this.onRead(
        proc,
        jobs.filter(job => job !== undefined),
      )
  }

  sawImage(dispatcher: Proc, job: Job): void {
    this.onRead(dispatcher, [job])
  }

  told(proc: Proc, event: TelemetryEvent): void {
    if (event.name === 'message_dropped' && event.why === 'no such job' && event.id !== undefined)
      this.job(event.id).orphansDropped += 1
    if (event.name === 'store_failed' && event.id !== undefined) this.of(proc).storeFailed.add(event.id)
  }
}

const placements = [
  'dispatchIfSeen',
  'dispatchBookedIfSeen',
  'recoverIfLeaseOver',
  'renewIfEnded',
  'replaceIfWaiting',
  'beginNextIfEnded',
]

/** Whoever places a job under a new fence sends its message, unless it comes due beyond SQS's delay. */
function owesMessage({ kind, before, after, transition, writer }: Write): boolean {
  if ((after?.dispatches ?? 0) === 0 || after?.fence === before?.fence) return false
  return kind === 'insert' ? writer?.kind === 'client' : placements.includes(transition?.name ?? '')
}
