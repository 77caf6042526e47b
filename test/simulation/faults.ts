import { Chance } from './chance.ts'

/** Everything that can go wrong by chance. A rate is the probability at each opportunity. */
export const faultClasses = [
  // A process dies, stands still, or its handler keeps the event loop busy past the deadline.
  'killed',
  'frozen',
  // The store: slow, throttled (not carried out), carried out and answered with a failure, carried out and repeated by
  // the SDK, carried out after the failure was answered, the whole call failed, no answer ever, a read that fails.
  'storeSlow',
  'storeThrottled',
  'storeExecutedThenFailed',
  'storeExecutedThenRefused',
  'storeExecutedLate',
  'storeUnreachable',
  'storeAnswerLost',
  'storeReadFailed',
  'storeSpread',
  'indexStale',
  'shortPage',
  // The queue.
  'queueSlow',
  'sendFailed',
  'sendExecutedThenFailed',
  'sendAnswerLost',
  'sendLost',
  'sendDoubled',
  'sendDelayed',
  'sendReordered',
  'visibilityFailed',
  'receiveBumped',
  'redelivered',
  'deleteFailed',
  'oldReceiptActs',
  // The functions around.
  'coldStart',
  'oldWorker',
  'tickLost',
  'tickDoubled',
  'streamDelayed',
  'streamDoubled',
] as const
/**
 * What is added to a plan of chance (see extras.ts and themes): Lambda keeps the sandbox for its next invocation; a transaction
 * is answered with a failure, and carried out up to 40 s later; a count of messages fails, or is a late one.
 */
export const extraFaultClasses = ['sandboxKept', 'transactionLate', 'countFailed', 'countStale'] as const
/** The names keep their draws, so that the plans of old seeds stay the same. */
export const retiredFaultClasses: ReadonlySet<string> = new Set(['depthFailed', 'depthDeep'])
export type FaultClass = (typeof faultClasses)[number] | (typeof extraFaultClasses)[number]
export type FaultRates = Readonly<Partial<Record<FaultClass, number>>>

/** Decides, counts, and can be silenced. Each class has a stream of its own: leaving one out does not move the others. */
export class Faults {
  readonly #rates: FaultRates
  readonly #streams = new Map<FaultClass, Chance>()
  readonly #seed: number
  readonly #count: (name: string) => void
  isQuiet = false

  constructor(seed: number, rates: FaultRates, count: (name: string) => void) {
    this.#seed = seed
    this.#rates = rates
    this.#count = count
  }

  happens(fault: FaultClass): boolean {
    const rate = this.#rates[fault] ?? 0
    if (this.isQuiet || rate === 0 || !this.chance(fault).isTrue(rate)) return false
    this.#count(`fault ${fault}`)
    return true
  }

  /** For how much, how long, which. */
  chance(fault: FaultClass): Chance {
    const stream = this.#streams.get(fault) ?? new Chance(this.#seed, fault)
    this.#streams.set(fault, stream)
    return stream
  }
}
