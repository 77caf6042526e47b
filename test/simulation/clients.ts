import { IdempotencyConflict, LamplighterError } from '../../lib/core/values/errors.ts'
import type { EnqueuePlan } from './plan.ts'
import { type Sim, startAt } from './sim.ts'

/** Producers, each call a process of its own. What they were answered is what counts. */
export function startClients(sim: Sim): void {
  for (const plan of sim.plan.enqueues) sim.loop.at(startAt + plan.atMs, () => enqueueGroup(sim, plan))
}

function enqueueGroup(sim: Sim, plan: EnqueuePlan): void {
  const { facts, loop, uses } = sim
  const client = sim.spawn('client')
  const requests = plan.requests.map(({ n, delayMs, key, unique }) => {
    const job = sim.plan.jobs[n]
    return {
      type: job?.type ?? '',
      input: { n },
      delayMs,
      priority: job?.priority ?? 0,
      ...(job?.startByMs === undefined ? {} : { startBy: `${job.startByMs}ms` as const }),
      ...(key === undefined ? {} : { idempotencyKey: key }),
      ...(unique === undefined ? {} : { unique }),
    }
  })
  loop.wake()
  uses.enqueueMany(sim.depsFor(client), requests).then(
    outcomes => {
      if (client.isDead) return
      for (const [index, outcome] of outcomes.entries()) {
        const request = requests[index]
        if (outcome.kind === 'enqueued') {
          const job = facts.job(outcome.id)
          job.isAcknowledged = true
          if (outcome.created) job.createdAcks += 1
          sim.trace(`${client.name} is told ${outcome.id}: ${outcome.created ? 'created' : 'known'}`)
          sim.count(outcome.created ? 'enqueue created' : 'enqueue known')
          if (outcome.action !== undefined) sim.count(`unique ${outcome.action}`)
          if (request?.unique?.key !== undefined) facts.keyed(request.type, `unique ${request.unique.key}`, outcome.id)
          if (request?.idempotencyKey !== undefined) facts.keyed(request.type, request.idempotencyKey, outcome.id)
        } else {
          sim.count(outcome.error instanceof IdempotencyConflict ? 'enqueue conflict' : 'enqueue unavailable')
        }
      }
      facts.clientEnded(client, outcomes)
      client.end()
    },
    (error: unknown) => sim.violate('I16', `enqueueMany threw ${String(error)}`),
  )
}

/** Errors that an operator may get and that change nothing. */
export const isExpected = (error: unknown): boolean => error instanceof LamplighterError
