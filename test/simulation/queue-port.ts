import { Unavailable } from '../../lib/core/values/errors.ts'
import type { JobQueue, Outgoing, QueueDepth, SendOutcome, Visibility } from '../../lib/ports/job-queue.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'

const failed = (why: string): SendOutcome => ({ kind: 'failed', error: new Error(why) })
const sent: SendOutcome = { kind: 'sent' }

/** The queue as one process sees it. */
export class QueuePort implements JobQueue {
  readonly #sim: Sim
  readonly #proc: Proc

  constructor(sim: Sim, proc: Proc) {
    this.#sim = sim
    this.#proc = proc
  }

  send(queue: string, messages: readonly Outgoing[]): Promise<readonly SendOutcome[]> {
    const { faults } = this.#sim
    const isAnswered = !faults.happens('sendAnswerLost')
    return this.#call(isAnswered, () => messages.map(outgoing => this.#sendOne(queue, outgoing)))
  }

  setVisibility(queue: string, changes: readonly Visibility[]): Promise<readonly SendOutcome[]> {
    const { faults, queues, mapping } = this.#sim
    return this.#call(true, () => {
      const outcomes = changes.map(({ receipt, visibleInMs }): SendOutcome => {
        if (faults.happens('visibilityFailed')) return failed('visibility')
        const current = mapping.currentReceipt(receipt)
        const isOld = current !== receipt
        this.#sim.trace(`${this.#proc.name} hides ${receipt} for ${visibleInMs} ms${isOld ? ' (old receipt)' : ''}`)
        if (isOld && !faults.happens('oldReceiptActs')) return failed('old receipt')
        return queues.setVisibility(queue, { receipt: current, visibleInMs })
      })
      mapping.nudge(queue)
      return outcomes
    })
  }

  async depth(queue: string): Promise<QueueDepth> {
    const { faults, queues } = this.#sim
    const [depth] = await this.#call(true, () => [queues.depth(queue)])
    if (depth === undefined || faults.happens('countFailed')) throw new Unavailable('SQS', 'no count')
    // An estimate: it may be a minute late.
    return faults.happens('countStale')
      ? { visible: faults.chance('countStale').int(0, 20), inFlight: 0, delayed: 0 }
      : depth
  }

  #sendOne(queue: string, { message, tenant, delayMs }: Outgoing): SendOutcome {
    const { faults, queues, mapping, facts } = this.#sim
    this.#sim.trace(`${this.#proc.name} sends ${message.id} f${message.fence} in ${delayMs} ms`)
    facts.sendTried(this.#proc, message)
    if (faults.happens('sendFailed')) {
      facts.notSent(this.#proc, message)
      return failed('not sent')
    }
    const isReportedFailed = faults.happens('sendExecutedThenFailed')
    if (isReportedFailed) facts.notSent(this.#proc, message)
    else facts.sent({ message, tenant })
    if (!faults.happens('sendLost')) {
      for (let copies = faults.happens('sendDoubled') ? 2 : 1; copies > 0; copies -= 1) {
        const late = faults.happens('sendDelayed') ? faults.chance('sendDelayed').spread(1_000, 4 * 3_600_000) : 0
        const jumbled = faults.happens('sendReordered') ? faults.chance('sendReordered').int(1, 5_000) : 0
        queues.put(queue, JSON.stringify(message), Math.ceil(delayMs / 1_000) * 1_000 + late + jumbled)
      }
    }
    mapping.nudge(queue)
    return isReportedFailed ? failed('answer lost') : sent
  }

  #call<T>(isAnswered: boolean, execute: () => readonly (T | Promise<T>)[]): Promise<readonly T[]> {
    const { loop, faults, chance } = this.#sim
    const latency = () =>
      faults.happens('queueSlow') ? faults.chance('queueSlow').spread(50, 5_000) : chance.int(1, 12)
    return new Promise(resolve => {
      this.#proc.resume(() => {
        this.#proc.step()
        if (this.#proc.isDead) return
        loop.after(latency(), () => {
          const outcomes = execute()
          this.#proc.step()
          if (!isAnswered) return
          loop.after(latency(), () =>
            this.#proc.resume(() => {
              this.#proc.step()
              if (!this.#proc.isDead) this.#proc.resume(() => resolve(Promise.all(outcomes)))
            }),
          )
        })
      })
    })
  }
}
