/** What a plan of chance does not have: drawn from a stream of its own, so that the plans of old seeds stay the same. */
import { Chance } from './chance.ts'
import { type ActPlan, type Behaviour, extraActs, type JobPlan, type Plan } from './plan.ts'

const minute = 60_000

function unusual(chance: Chance, timeoutMs: number): Behaviour {
  const workMs = chance.spread(1, timeoutMs * 0.8)
  switch (chance.int(0, 4)) {
    case 0:
      return { kind: 'exit', workMs }
    case 1:
      return { kind: 'obey' }
    case 2:
      return { kind: 'beatUnawaited', workMs, everyMs: chance.spread(50, 5_000) }
    case 3:
      return { kind: 'progressAfterEnd', workMs, laterMs: chance.spread(1, 20_000) }
    default:
      return { kind: 'beat', beats: chance.int(1, 4), everyMs: Math.min(9_990, Math.round(timeoutMs * 0.9)) }
  }
}

const withUnusual = (chance: Chance, plan: Plan): readonly JobPlan[] =>
  plan.jobs.map(job => {
    const timeoutMs = plan.types.find(({ type }) => type === job.type)?.timeoutMs ?? minute
    return { ...job, script: job.script.map(one => (chance.isTrue(0.15) ? unusual(chance, timeoutMs) : one)) }
  })

const moreActs = (chance: Chance, plan: Plan): readonly ActPlan[] =>
  Array.from({ length: chance.pick([0, 0, 2, 6]) }, () => ({
    atMs: chance.int(0, plan.chaosMs),
    act: chance.pick(extraActs),
    which: chance.int(0, 1_000),
    delayMs: chance.pick([0, chance.spread(500, 20 * minute)]),
  }))

export function withExtras(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'extras')
  const jobs = chance.isTrue(0.6) ? withUnusual(chance, plan) : plan.jobs
  const hasOperators = plan.acts.length > 0 || chance.isTrue(0.2)
  const acts = hasOperators && plan.profile !== 'calm' ? [...plan.acts, ...moreActs(chance, plan)] : plan.acts
  const from = chance.pick(plan.queues)
  const to = chance.pick([...plan.queues.filter(queue => queue !== from), 'renamed'])
  return {
    ...plan,
    jobs,
    acts,
    rates: { ...plan.rates, sandboxKept: chance.pick([0, 0.5, 0.9]) },
    ...(chance.isTrue(0.25) ? { move: { from, to } } : {}),
    hasOwnHandlers: chance.isTrue(0.5),
    reconcileMs: chance.pick([10, 30, 60]) * minute,
  }
}
