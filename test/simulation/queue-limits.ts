/** Operators who limit a queue at run time, and what held when. */
import { limitQueue } from '../../lib/app/operate/limit-queue.ts'
import { type GateLimit, gateLimit, limitOf, queueGate } from '../../lib/core/definition/limit.ts'
import { controlKey } from '../../lib/core/records/keys.ts'
import { limitsFrom } from '../../lib/core/records/queue-limit.ts'
import type { Rate } from '../../lib/core/values/rate.ts'
import type { LimitPlan, Plan } from './plan.ts'
import { type Sim, startAt } from './sim.ts'
import { untilDone } from './until-done.ts'

/** How often the record is looked at: a limit is written at some instant between question and answer. */
const everyMs = 250

export function startLimits(sim: Sim): void {
  const { limits = [], queueLimit, queueRate } = sim.plan
  if (limits.length === 0 && queueLimit === undefined && queueRate === undefined) return
  for (const plan of limits) sim.loop.at(startAt + plan.atMs, () => limitUntilDone(sim, plan))
  note(sim)
}

function limitUntilDone(sim: Sim, { queue, concurrency, rate }: LimitPlan): void {
  const allowed = { ...(concurrency === null ? {} : { concurrency }), ...(rate === undefined ? {} : { rate }) }
  const limit = concurrency === null && rate === undefined ? null : allowed
  untilDone(
    sim,
    deps => limitQueue(deps, queue, { limit }),
    () => sim.count(limit === null ? 'queue limit taken away' : 'queue limited'),
  )
}

/** What limits the queue in truth; nothing where nobody does. */
export function limitInTruth({ records, runner }: Pick<Sim, 'records' | 'runner'>, queue: string): GateLimit {
  const set = limitsFrom(records.read(controlKey)).get(queue)
  return (set === undefined ? limitOf(runner, queueGate(queue)) : gateLimit(set.limit)) ?? {}
}

/** The one rate that the queues of a world ever have. */
export function rateOfQueues({ limits = [], queueRate }: Plan): Rate | undefined {
  const rate = queueRate ?? limits.find(one => one.rate !== undefined)?.rate
  return rate === undefined ? undefined : gateLimit({ rate }).rate
}

function note(sim: Sim): void {
  for (const queue of sim.plan.queues) noteLimit(sim, queue)
  if (!sim.isQuiet) sim.loop.after(everyMs, () => note(sim))
}

function noteLimit(sim: Sim, queue: string): void {
  const { loop, facts } = sim
  const { concurrency: max = Number.POSITIVE_INFINITY, rate } = limitInTruth(sim, queue)
  const hasRate = rate !== undefined
  const last = facts.limits.findLast(one => one.queue === queue)
  if (last?.max !== max || last.hasRate !== hasRate) facts.limits.push({ queue, max, hasRate, at: loop.now })
}

/** What limited a queue, as far as anybody may have known it in a time, which is not to come. */
function limitsBetween(sim: Sim, queue: string, from: number, to: number): Sim['facts']['limits'] {
  noteLimit(sim, queue)
  const all = sim.facts.limits.filter(one => one.queue === queue)
  return all.filter(({ at }, index) => at - everyMs <= to && (all[index + 1]?.at ?? to) >= from)
}

/** The highest limit of them. */
export const highestLimit = (sim: Sim, queue: string, from: number, to: number): number =>
  Math.max(...limitsBetween(sim, queue, from, to).map(({ max }) => max))

/** Whether everybody knew that the queue has a rate. */
export const hadRate = (sim: Sim, queue: string, from: number, to: number): boolean =>
  limitsBetween(sim, queue, from, to).every(({ hasRate }) => hasRate)
