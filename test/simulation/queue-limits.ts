/** Operators who limit a queue at run time, and what held when. */
import { limitQueue } from '../../lib/app/operate/limit-queue.ts'
import { concurrencyOf, queueGate } from '../../lib/core/definition/limit.ts'
import { controlKey } from '../../lib/core/records/keys.ts'
import { limitsFrom } from '../../lib/core/records/queue-limit.ts'
import type { LimitPlan } from './plan.ts'
import { type Sim, startAt } from './sim.ts'
import { untilDone } from './until-done.ts'

/** How often the record is looked at: a limit is written at some instant between question and answer. */
const everyMs = 250

export function startLimits(sim: Sim): void {
  const { limits = [], queueLimit } = sim.plan
  if (limits.length === 0 && queueLimit === undefined) return
  for (const plan of limits) sim.loop.at(startAt + plan.atMs, () => limitUntilDone(sim, plan))
  note(sim)
}

function limitUntilDone(sim: Sim, { queue, concurrency }: LimitPlan): void {
  const limit = concurrency === null ? null : { concurrency }
  untilDone(
    sim,
    deps => limitQueue(deps, queue, { limit }),
    () => sim.count(limit === null ? 'queue limit taken away' : 'queue limited'),
  )
}

/** What limits the queue in truth; infinite where nothing does. */
export function limitInTruth({ records, runner }: Pick<Sim, 'records' | 'runner'>, queue: string): number {
  const set = limitsFrom(records.read(controlKey)).get(queue)
  return set?.limit.concurrency ?? concurrencyOf(runner, queueGate(queue)) ?? Number.POSITIVE_INFINITY
}

function note(sim: Sim): void {
  for (const queue of sim.plan.queues) noteLimit(sim, queue)
  if (!sim.isQuiet) sim.loop.after(everyMs, () => note(sim))
}

function noteLimit(sim: Sim, queue: string): void {
  const { loop, facts } = sim
  const max = limitInTruth(sim, queue)
  const last = facts.limits.findLast(one => one.queue === queue)
  if (last?.max !== max) facts.limits.push({ queue, max, at: loop.now })
}

/** The highest limit of a queue that anybody may have known in a time, which is not to come. */
export function highestLimit(sim: Sim, queue: string, from: number, to: number): number {
  noteLimit(sim, queue)
  const all = sim.facts.limits.filter(one => one.queue === queue)
  const held = all.filter(({ at }, index) => at - everyMs <= to && (all[index + 1]?.at ?? to) >= from)
  return Math.max(...held.map(({ max }) => max))
}
