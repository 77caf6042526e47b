import type { Job } from '../../lib/core/job/job.ts'
import { Unavailable } from '../../lib/core/values/errors.ts'
import { maxStatementsPerBatch } from '../../lib/core/values/quotas.ts'
import type { JobScan, ScanPage } from '../../lib/ports/job-scan.ts'
import type {
  Change,
  ChangeOutcome,
  InsertOutcome,
  JobParts,
  JobStore,
  TimelinePage,
} from '../../lib/ports/job-store.ts'
import type { FaultClass } from './faults.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'

type Failed = { readonly kind: 'failed'; readonly error: Error }
const failed = (why: string): Failed => ({ kind: 'failed', error: new Error(why) })

/** What befalls one statement. */
const statementFaults = [
  'storeThrottled',
  'storeExecutedThenFailed',
  'storeExecutedThenRefused',
  'storeExecutedLate',
] as const satisfies readonly FaultClass[]

/**
 * The store as one process sees it: a request, its execution and its answer are three instants, and between any two
 * the process may die, or freeze, or somebody else may write.
 */
export class StorePort implements JobStore, JobScan {
  readonly #sim: Sim
  readonly #proc: Proc
  #busyUntil = 0

  constructor(sim: Sim, proc: Proc) {
    this.#sim = sim
    this.#proc = proc
  }

  insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
    return this.#statements(jobs, job => this.#sim.table.insertOne(job, this.#proc))
  }

  apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    const answer = this.#statements(changes, change => this.#sim.table.changeOne(change, this.#proc))
    void answer.then(outcomes => this.#sim.facts.answered(changes, outcomes))
    return answer
  }

  get(ids: readonly string[], parts?: JobParts): Promise<readonly (Job | undefined)[]> {
    return this.#read(() => {
      const jobs = ids.map(id => this.#sim.table.read(id, parts))
      this.#sim.facts.read(this.#proc, jobs)
      return jobs
    })
  }

  due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    const { faults, index } = this.#sim
    const most = faults.happens('shortPage') ? faults.chance('shortPage').int(1, 3) : limit
    const rows = this.#sim.plan.pace?.pageRows ?? limit
    return this.#read(() => {
      this.#sim.facts.walked(this.#proc, lane)
      if (from !== undefined && rows < limit) this.#sim.count('crowd page beyond the first')
      return index.due(lane, until, Math.min(limit, most, rows), from)
    })
  }

  /** Lists are no part of the simulation: nobody in it looks. */
  lane(): Promise<never> {
    return Promise.reject(new Error('no process of the simulation lists jobs'))
  }

  count(): Promise<never> {
    return this.lane()
  }

  scan(segment: number, segments: number, from?: string): Promise<ScanPage> {
    return this.#read(() => this.#sim.table.scan(segment, segments, from))
  }

  #latency(): number {
    const { faults, chance } = this.#sim
    return faults.happens('storeSlow') ? faults.chance('storeSlow').spread(50, 12_000) : chance.int(1, 12)
  }

  /**
   * A client has so much of the table and no more: its batches are carried out one after the other. Those of a sweeper
   * take their time each, since it writes to many partitions at once.
   */
  #paceMs(statements: number): number {
    const { plan, loop } = this.#sim
    const size = Math.min(statements, maxStatementsPerBatch)
    if (plan.pace === undefined) return 0
    if (this.#proc.kind === 'sweeper') return size * plan.pace.sweeperRowMs
    if (this.#proc.kind !== 'client') return 0
    this.#busyUntil = Math.max(loop.now, this.#busyUntil) + size * plan.pace.clientRowMs
    return this.#busyUntil - loop.now
  }

  #read<T>(execute: () => T): Promise<T> {
    const { loop, faults } = this.#sim
    return new Promise((resolve, reject) => {
      this.#proc.resume(() => {
        this.#proc.step()
        if (this.#proc.isDead) return
        loop.after(this.#latency(), () => {
          const isFailed = faults.happens('storeReadFailed')
          const answer = isFailed ? undefined : { value: execute() }
          loop.after(this.#latency(), () =>
            this.#proc.resume(() => {
              this.#proc.step()
              if (this.#proc.isDead) return
              this.#proc.resume(() => {
                if (answer === undefined) reject(new Unavailable('read', 'throttled'))
                else resolve(answer.value)
              })
            }),
          )
        })
      })
    })
  }

  #statements<Entry, Outcome>(
    entries: readonly Entry[],
    execute: (entry: Entry) => Outcome,
  ): Promise<readonly (Outcome | Failed)[]> {
    const { faults, loop } = this.#sim
    return new Promise(resolve => {
      if (entries.length === 0) return resolve([])
      this.#proc.resume(() => {
        this.#proc.step()
        if (this.#proc.isDead) return
        if (faults.happens('storeUnreachable')) {
          this.#answer(
            entries.map(() => Promise.resolve(failed('unreachable'))),
            resolve,
          )
          return
        }
        const isAnswered = !faults.happens('storeAnswerLost')
        const answers: Promise<Outcome | Failed>[] = []
        const carryOutFrom = (index: number): void => {
          const entry = entries[index]
          if (entry === undefined) {
            this.#proc.step()
            if (isAnswered) this.#answer(answers, resolve)
            return
          }
          answers[index] = this.#carryOut(() => execute(entry))
          // Statements of one batch are carried out one after the other, and others' writes may fall between.
          const spreadMs = faults.happens('storeSpread') ? faults.chance('storeSpread').int(1, 2_000) : 0
          const isNextBatch = (index + 1) % maxStatementsPerBatch === 0
          const waitMs = spreadMs + (isNextBatch ? this.#paceMs(entries.length - index - 1) : 0)
          if (waitMs > 0) loop.after(waitMs, () => carryOutFrom(index + 1))
          else carryOutFrom(index + 1)
        }
        loop.after(this.#latency() + this.#paceMs(entries.length), () => carryOutFrom(0))
      })
    })
  }

  #carryOut<Outcome>(carriedOut: () => Outcome): Promise<Outcome | Failed> {
    const { faults, loop } = this.#sim
    const execute = (): Outcome | Failed => {
      try {
        return carriedOut()
      } catch (error) {
        // A value that no item can hold: the statement could not even be made.
        return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) }
      }
    }
    const fault = statementFaults.find(one => faults.happens(one))
    switch (fault) {
      case undefined:
        return Promise.resolve(execute())
      case 'storeThrottled':
        return Promise.resolve(failed('throttled'))
      case 'storeExecutedThenFailed':
        execute()
        return Promise.resolve(failed('answer lost'))
      case 'storeExecutedThenRefused':
        execute()
        return new Promise(resolve => {
          loop.after(faults.chance(fault).spread(20, 20_000), () => {
            loop.wake()
            resolve(execute())
          })
        })
      case 'storeExecutedLate':
        loop.after(faults.chance(fault).spread(20, 5_000), () => execute())
        return Promise.resolve(failed('timed out'))
    }
  }

  /** All answers of a call come together, one latency after the last of them is known. */
  #answer<Outcome>(answers: readonly Promise<Outcome>[], resolve: (outcomes: readonly Outcome[]) => void): void {
    const { loop } = this.#sim
    loop.wake()
    void Promise.all(answers).then(outcomes => {
      loop.after(this.#latency(), () =>
        this.#proc.resume(() => {
          this.#proc.step()
          if (!this.#proc.isDead) this.#proc.resume(() => resolve(outcomes))
        }),
      )
    })
  }
}
