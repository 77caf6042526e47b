/** Defects by which one job, queue or tick does harm to others. */
import { handleDueJobs } from '../../../lib/app/sweeper/handle-due.ts'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import { laneOf } from '../../../lib/core/job/lane.ts'
import { parseMessage } from '../../../lib/core/job/message.ts'
import type { JobQueue } from '../../../lib/ports/job-queue.ts'
import type { Change, ChangeOutcome } from '../../../lib/ports/job-store.ts'
import { crowdPlanFor } from '../crowd.ts'
import type { Uses } from '../sim.ts'
import { crossingBeats, moving, poison, waiters } from '../themes.ts'
import { type Defect, SpoiltStore, withShards } from './defect.ts'

const crowd = ({ seed }: { readonly seed: number }) => crowdPlanFor(seed)

/** Each walker stays with its lane until it is empty, in the same order each time. */
const greedyTick: Uses['tick'] = async (deps, endAt) => {
  const until = deps.clock.now()
  const lanes = Object.entries(deps.runner.queues)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([queue, { shards }]) => Array.from({ length: shards }, (_, shard) => laneOf(queue, 'live', shard)))
  const total = { looked: 0, dispatched: 0, recovered: 0, setAside: 0, leftOver: 0, oldestDueMs: 0, isComplete: true }
  const walk = async (lane: string): Promise<void> => {
    let from: string | undefined
    do {
      if (deps.clock.now() >= endAt) {
        total.isComplete = false
        return
      }
      const page = await deps.store.due(lane, until, 200, from)
      const jobs = page.rows.length === 0 ? [] : await deps.store.get(page.rows.map(({ id }) => id))
      await handleDueJobs(
        deps,
        jobs.flatMap(job => job ?? []),
      )
      from = page.next
    } while (from !== undefined)
  }
  const walker = async (): Promise<void> => {
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) await walk(lane)
  }
  await Promise.all(Array.from({ length: 8 }, walker))
  deps.telemetry.emit({ name: 'tick', ...total })
  return total
}

/** A wait of minutes keeps the message in hand, hidden, instead of sending one that SQS delays. */
const hidingBatch = (real: Uses): Partial<Uses> => ({
  runBatch: async (deps, handlers, invocation) => {
    const hidden = new Map<string, number>()
    const queue: JobQueue = {
      setVisibility: (name, changes) => deps.queue.setVisibility(name, changes),
      depth: name => deps.queue.depth(name),
      send: async (name, messages) => {
        for (const { message, delayMs } of messages) if (delayMs > 0) hidden.set(message.id, delayMs)
        const now = messages.filter(({ delayMs }) => delayMs === 0)
        if (now.length > 0) await deps.queue.send(name, now)
        return messages.map(() => ({ kind: 'sent' }))
      },
    }
    const kept = await real.runBatch({ ...deps, queue }, handlers, invocation)
    const more = invocation.deliveries.filter(({ body }) => hidden.has(parseMessage(body)?.id ?? ''))
    await deps.queue.setVisibility(
      invocation.queue,
      more.map(({ receipt, body }) => ({ receipt, visibleInMs: hidden.get(parseMessage(body)?.id ?? '') ?? 0 })),
    )
    return [...kept, ...more.map(({ messageId }) => messageId)]
  },
})

export const neighbourDefects: readonly Defect[] = [
  {
    name: 'crashed jobs run together again',
    // Each message is a batch of its own, in one process: nobody waits for anybody.
    tamper: {
      uses: real => ({
        runBatch: async (deps, handlers, { deliveries, ...invocation }) => {
          const batches = deliveries.map(one => real.runBatch(deps, handlers, { ...invocation, deliveries: [one] }))
          return (await Promise.all(batches)).flat()
        },
      }),
    },
    direct: poison,
  },
  { name: 'waits of minutes keep their message in flight', tamper: { uses: hidingBatch }, direct: waiters },
  {
    name: 'heartbeat that nobody awaits ends the process',
    tamper: {
      uses: real => ({
        runBatch: (deps, handlers, invocation) => {
          const naive = handlers.map(({ contract, run }) => ({
            contract,
            run: (input: never, ctx: RunContext) =>
              // An asynchronous function in front of it: a promise of its own, which nobody looks after.
              run(input, Object.create(ctx, { heartbeat: { value: async () => ctx.heartbeat() } }) as RunContext),
          }))
          return real.runBatch(deps, naive, invocation)
        },
      }),
    },
  },
  {
    name: 'heartbeat is forgotten by its own run',
    tamper: {
      store: (inner, { kind }) =>
        new (class extends SpoiltStore {
          override async apply(changes: readonly Change[]) {
            const outcomes = await this.inner.apply(changes)
            return outcomes.map((outcome, index): ChangeOutcome => {
              const isBeat = kind === 'worker' && changes[index]?.transition.name === 'heartbeatIfOwner'
              if (!isBeat || outcome.kind !== 'applied') return outcome
              return { kind: 'applied', job: { ...outcome.job, leaseUntil: 0 } }
            })
          }
        })(inner),
    },
    direct: crossingBeats,
  },
  { name: 'walker stays with its lane', tamper: { uses: () => ({ tick: greedyTick }) }, direct: crowd },
  {
    name: 'tick hides throttled writes',
    tamper: {
      store: (inner, { kind }) =>
        new (class extends SpoiltStore {
          override async apply(changes: readonly Change[]) {
            const outcomes = await this.inner.apply(changes)
            if (kind !== 'sweeper') return outcomes
            return outcomes.map(
              (one): ChangeOutcome => (one.kind === 'failed' ? { kind: 'refused', job: undefined } : one),
            )
          }
        })(inner),
    },
    direct: crowd,
  },
  {
    name: 'all puts and sends of a large enqueue at once',
    tamper: {
      uses: real => ({
        enqueueMany: async (deps, requests) => {
          const slices = Array.from({ length: Math.ceil(requests.length / 100) }, (_, index) =>
            real.enqueueMany(deps, requests.slice(index * 100, (index + 1) * 100)),
          )
          return (await Promise.all(slices)).flat()
        },
      }),
    },
    direct: crowd,
  },
  {
    name: 'queue that is gone is walked no more',
    tamper: {
      records: (inner, _, { runner }) =>
        withShards(inner, (queue, count) => (Object.hasOwn(runner.queues, queue) ? count : undefined)),
      uses: () => ({ reconcile: () => Promise.reject(new Error('no reconciler')) }),
    },
    direct: moving,
  },
]
