import type { Job } from '../../lib/core/job/job.ts'
import { Unavailable } from '../../lib/core/values/errors.ts'
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
export class StorePort implements JobStore {
  readonly #sim: Sim
  readonly #proc: Proc

  constructor(sim: Sim, proc: Proc) {
    this.#sim = sim
    this.#proc = proc
  }

  insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
    return this.#statements(jobs, job => this.#sim.table.insertOne(job, this.#proc))
  }

  apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    return this.#statements(changes, change => this.#sim.table.changeOne(change, this.#proc))
  }

  get(ids: readonly string[], parts?: JobParts): Promise<readonly (Job | undefined)[]> {
    return this.#read(async () => {
      const jobs = await this.#sim.table.get(ids, parts)
      this.#sim.facts.read(this.#proc, jobs)
      return jobs
    })
  }

  due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    const { faults, index } = this.#sim
    const most = faults.happens('shortPage') ? faults.chance('shortPage').int(1, 3) : limit
    return this.#read(() => index.due(lane, until, Math.min(limit, most), from))
  }

  #latency(): number {
    const { faults, chance } = this.#sim
    return faults.happens('storeSlow') ? faults.chance('storeSlow').spread(50, 12_000) : chance.int(1, 12)
  }

  #read<T>(execute: () => Promise<T>): Promise<T> {
    const { loop, faults } = this.#sim
    return new Promise((resolve, reject) => {
      this.#proc.resume(() => {
        this.#proc.step()
        if (this.#proc.isDead) return
        loop.after(this.#latency(), () => {
          const isFailed = faults.happens('storeReadFailed')
          const answer = isFailed ? Promise.reject(new Unavailable('read', 'throttled')) : execute()
          answer.catch(() => {})
          loop.after(this.#latency(), () =>
            this.#proc.resume(() => {
              this.#proc.step()
              if (!this.#proc.isDead) this.#proc.resume(() => void answer.then(resolve, reject))
            }),
          )
        })
      })
    })
  }

  #statements<Entry, Outcome>(
    entries: readonly Entry[],
    execute: (entry: Entry) => Promise<Outcome>,
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
          if (faults.happens('storeSpread')) {
            loop.after(faults.chance('storeSpread').int(1, 2_000), () => carryOutFrom(index + 1))
          } else carryOutFrom(index + 1)
        }
        loop.after(this.#latency(), () => carryOutFrom(0))
      })
    })
  }

  #carryOut<Outcome>(execute: () => Promise<Outcome>): Promise<Outcome | Failed> {
    const { faults, loop } = this.#sim
    const fault = statementFaults.find(one => faults.happens(one))
    switch (fault) {
      case undefined:
        return execute()
      case 'storeThrottled':
        return Promise.resolve(failed('throttled'))
      case 'storeExecutedThenFailed':
        void execute()
        return Promise.resolve(failed('answer lost'))
      case 'storeExecutedThenRefused':
        void execute()
        return new Promise(resolve => {
          loop.after(faults.chance(fault).spread(20, 20_000), () => {
            loop.wake()
            resolve(execute())
          })
        })
      case 'storeExecutedLate':
        loop.after(faults.chance(fault).spread(20, 5_000), () => void execute())
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
