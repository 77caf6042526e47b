/** SQS and its event source mappings: messages become invocations of workers. */
import type { Delivery } from '../../lib/app/worker/run.ts'
import { functionTimeoutMs, visibilityTimeoutMs } from '../../lib/core/definition/deployment.ts'
import { queuePolicyOf } from '../../lib/core/definition/runner.ts'
import { parseMessage } from '../../lib/core/job/message.ts'
import { handlersFor } from './handlers.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'
import { messageIdOf } from './sqs.ts'
import { isForLater } from './strangers.ts'

export class Mapping {
  readonly #sim: Sim
  readonly #running = new Map<string, number>()
  readonly #nextPollAt = new Map<string, number>()
  /** By message: the receipt of its latest receive, and receives that no worker saw. */
  readonly #receipts = new Map<string, string>()
  readonly #bumps = new Map<string, number>()
  /** Sandboxes that wait for their next invocation. */
  readonly #idle = new Map<string, Proc[]>()

  constructor(sim: Sim) {
    this.#sim = sim
  }

  currentReceipt(receipt: string): string {
    return this.#receipts.get(messageIdOf(receipt)) ?? receipt
  }

  /** A deploy: what runs the former code serves no further invocation. */
  redeployed(): void {
    for (const workers of this.#idle.values()) for (const worker of workers) worker.end()
    this.#idle.clear()
  }

  #sandboxFor(queue: string): Proc {
    const kept = this.#idle.get(queue)?.pop()
    if (kept === undefined) return this.#sim.spawn('worker')
    this.#sim.count('transport sandbox reused')
    kept.thaw()
    return kept
  }

  #release(queue: string, worker: Proc): void {
    if (!this.#sim.faults.happens('sandboxKept')) return worker.end()
    worker.pause()
    this.#idle.set(queue, [...(this.#idle.get(queue) ?? []), worker])
  }

  /** Something about the queue has changed: look when its next message becomes visible. */
  nudge(queue: string): void {
    const { loop, queues, chance } = this.#sim
    const visibleAt = queues.nextVisibleAt(queue)
    if (visibleAt === undefined || (this.#running.get(queue) ?? 0) >= this.#most(queue)) return
    const pollAt = Math.max(loop.now, visibleAt) + chance.int(1, 20)
    const known = this.#nextPollAt.get(queue)
    if (known !== undefined && known >= loop.now && known <= pollAt) return
    this.#nextPollAt.set(queue, pollAt)
    loop.at(pollAt, () => {
      this.#nextPollAt.delete(queue)
      this.#poll(queue)
    })
  }

  #most = (queue: string): number => queuePolicyOf(this.#sim.runner, queue).concurrency

  #poll(queue: string): void {
    const { queues, runner } = this.#sim
    while ((this.#running.get(queue) ?? 0) < this.#most(queue)) {
      const { batchSize } = queuePolicyOf(runner, queue)
      const visibilityMs = visibilityTimeoutMs(runner, queue)
      const received = queues.receive(queue, batchSize, visibilityMs)
      if (received.length === 0) break
      const hiddenUntil = this.#sim.loop.now + visibilityMs
      const deliveries = received.flatMap(delivery => this.#delivered(queue, delivery, hiddenUntil) ?? [])
      if (deliveries.length > 0) this.#invoke(queue, deliveries)
    }
    this.nudge(queue)
  }

  #delivered(queue: string, delivery: Delivery, hiddenUntil: number): Delivery | undefined {
    const { faults, loop, queues, plan, count, trace } = this.#sim
    this.#receipts.set(delivery.messageId, delivery.receipt)
    const receives = delivery.receives + (this.#bumps.get(delivery.messageId) ?? 0)
    if (receives > plan.maxReceiveCount) {
      count('transport dead letter')
      trace(`${delivery.messageId} becomes a dead letter`)
      queues.delete(queue, delivery.receipt)
      return undefined
    }
    if (faults.happens('receiveBumped')) {
      // A throttled poller: received, never handed to a function, soon visible again.
      this.#bumps.set(delivery.messageId, (this.#bumps.get(delivery.messageId) ?? 0) + 2)
      this.#hide(queue, delivery.receipt, faults.chance('receiveBumped').int(1, 30_000))
      return undefined
    }
    if (faults.happens('redelivered')) {
      loop.after(faults.chance('redelivered').spread(5, 60_000), () => {
        this.#hide(queue, delivery.receipt, 0)
        this.nudge(queue)
      })
    }
    // As Lambda's event has it: of a second receive nobody knows when it was.
    return receives === 1 ? { ...delivery, receives, hiddenUntil } : { ...delivery, receives }
  }

  #hide(queue: string, receipt: string, visibleInMs: number): void {
    this.#sim.queues.setVisibility(queue, { receipt, visibleInMs })
  }

  #invoke(queue: string, deliveries: readonly Delivery[]): void {
    const { loop, faults } = this.#sim
    this.#running.set(queue, (this.#running.get(queue) ?? 0) + 1)
    const coldMs = faults.happens('coldStart') ? faults.chance('coldStart').int(100, 8_000) : 0
    loop.after(coldMs, () => {
      const worker = this.#sandboxFor(queue)
      const timeoutMs = functionTimeoutMs(this.#sim.runner, queue)
      let hasEnded = false
      const isOver = () => {
        hasEnded = true
        this.#running.set(queue, (this.#running.get(queue) ?? 0) - 1)
        this.nudge(queue)
      }
      worker.onDeath(isOver)
      loop.after(timeoutMs + this.#sim.chance.int(0, 1_000), () => {
        if (!hasEnded) this.#timeOut(worker)
      })
      const shown = deliveries.map(({ messageId, receives, body }) => `${messageId}×${receives} ${body}`)
      this.#sim.trace(`${worker.name} is invoked with ${shown.join(', ')}`)
      this.#run(worker, queue, deliveries, worker.now() + timeoutMs, isOver)
    })
  }

  #timeOut(worker: Proc): void {
    if (worker.isDead) return
    this.#sim.count('transport function timed out')
    worker.kill('function timeout')
  }

  #run(worker: Proc, queue: string, deliveries: readonly Delivery[], endAt: number, isOver: () => void): void {
    const { facts, uses, loop } = this.#sim
    loop.wake()
    facts.delivered(worker, deliveries, endAt)
    const handlers = handlersFor(this.#sim, worker, queue)
    uses.runBatch(this.#sim.depsFor(worker), handlers, { queue, deliveries, endAt }).then(
      kept => {
        if (worker.isDead) return
        facts.batchEnded(worker, this.#hidden(queue, deliveries, kept))
        this.#release(queue, worker)
        isOver()
        this.#deleteAllBut(queue, deliveries, { worker, kept: new Set(kept) })
      },
      (error: unknown) => {
        if (worker.isDead) return
        this.#sim.violate('I15', `a whole batch was lost: ${String(error)}`)
        worker.end()
        isOver()
      },
    )
  }

  /** The invocation had done with the message before the later release took its job; it waited for others of its batch. */
  #hasEnded(worker: Proc, body: string): boolean {
    const id = parseMessage(body)?.id
    return this.#sim.facts.runsOf(worker).some(run => run.id === id && run.isReleased)
  }

  /** What is handed back, and for how long nobody can see it. */
  #hidden(queue: string, deliveries: readonly Delivery[], kept: readonly string[]): ReadonlyMap<string, number> {
    const { queues, loop } = this.#sim
    return new Map(
      deliveries.flatMap(({ messageId, receipt, body }): [string, number][] => {
        const visibleAt = kept.includes(messageId) ? queues.visibleAt(queue, receipt) : undefined
        const id = parseMessage(body)?.id
        return visibleAt === undefined || id === undefined ? [] : [[id, visibleAt - loop.now]]
      }),
    )
  }

  #deleteAllBut(
    queue: string,
    deliveries: readonly Delivery[],
    { worker, kept }: { readonly worker: Proc; readonly kept: ReadonlySet<string> },
  ): void {
    const { loop, faults, queues, chance } = this.#sim
    loop.after(chance.int(1, 20), () => {
      for (const { messageId, receipt, body } of deliveries) {
        if (kept.has(messageId)) continue
        if (isForLater(this.#sim, body) && !this.#hasEnded(worker, body))
          this.#sim.violate('I19', `a message of a later release is deleted: ${body}`)
        if (faults.happens('deleteFailed')) continue
        const current = this.currentReceipt(receipt)
        if (current === receipt || faults.happens('oldReceiptActs')) queues.delete(queue, current)
        else this.#sim.count('transport old receipt deletes nothing')
      }
    })
  }
}
