/** Worlds of batches: jobs as a group, and one that begins when all have ended, with all that can befall families and clients. */
import { startBatch } from '../../lib/app/workflow/batch.ts'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import { childJobId } from '../../lib/core/job/ids.ts'
import { batchOf } from '../../lib/core/job/parent.ts'
import { groupFrom, keyOfGroup } from '../../lib/core/records/group.ts'
import { Chance } from './chance.ts'
import { families } from './families.ts'
import type { BatchPlan, Behaviour, JobPlan, Plan } from './plan.ts'
import { type Sim, startAt } from './sim.ts'
import { untilDone } from './until-done.ts'

const minute = 60_000

export function startBatches(sim: Sim): void {
  for (const plan of sim.plan.batches ?? []) sim.loop.at(startAt + plan.atMs, () => batchUntilDone(sim, plan))
}

function batchUntilDone(sim: Sim, { key: idempotencyKey, requests, follower }: BatchPlan): void {
  const requestFor = (n: number, delayMs?: number) => {
    const contract = sim.runner.jobs[sim.plan.jobs[n]?.type ?? '']
    if (contract === undefined) throw new Error('jobs of a batch have no type')
    return jobRequest(contract, { n }, delayMs === undefined ? {} : { delayMs })
  }
  // oxlint-disable-next-line unicorn/no-thenable -- the option is called so, and is no function
  const follows = follower === undefined ? {} : { then: requestFor(follower) }
  untilDone(
    sim,
    async deps => {
      const jobs = requests.map(({ n, delayMs }) => requestFor(n, delayMs))
      const { id } = await startBatch(deps, jobs, { idempotencyKey, ...follows })
      sim.trace(`the batch ${id} is there`)
      if (follower !== undefined) sim.facts.job(id).isAcknowledged = true
      for (const member of membersOf(sim, id)) sim.facts.job(member).isAcknowledged = true
    },
    () => sim.count('batch placed'),
    'client',
  )
}

/** The ids of the jobs of a batch. */
export function membersOf({ records }: Pick<Sim, 'records'>, id: string): readonly string[] {
  const group = batchOf(id)
  const { of = 0 } = groupFrom(records.read(keyOfGroup(group))) ?? {}
  return Array.from({ length: of }, (_, index) => childJobId(group, index))
}

/** Batches that are asked for twice, half of them by two at once; people cancel, delete and move what they find. */
export function batches(plan: Plan): Plan {
  const { enqueues: _, ...world } = families(plan)
  const chance = new Chance(plan.seed, 'batches')
  const parts = world.jobs.filter(({ type }) => type === 't1')
  const count = chance.int(1, 4)
  const followers = Array.from({ length: count }, (_unused, n): JobPlan => {
    const once = (): Behaviour => ({
      kind: chance.pick(['succeed', 'succeed', 'fail'] as const),
      workMs: chance.int(5, 900),
    })
    return { n, type: 't0', script: [once(), once(), { kind: 'succeed', workMs: 20 }], priority: 0 }
  })
  const jobs = [...followers, ...parts.map((job, index) => ({ ...job, n: count + index }))]
  const all = followers.flatMap(({ n: follower }): BatchPlan[] => {
    const members = Array.from({ length: chance.pick([1, 2, 5, 12, 30]) }, () => ({
      n: count + chance.int(0, parts.length - 1),
      delayMs: chance.pick([0, 0, 0, 20_000, 5 * minute, 20 * minute]),
    }))
    const follows = chance.isTrue(0.9) ? { follower } : {}
    const batch = { atMs: chance.int(1_000, 2 * minute), key: `batch ${follower}`, requests: members, ...follows }
    const again = chance.isTrue(0.5) ? 0 : chance.int(100, 10 * minute)
    return chance.isTrue(0.5) ? [batch] : [batch, { ...batch, atMs: batch.atMs + again }]
  })
  return { ...world, jobs, enqueues: [], batches: all }
}

/** Nothing goes wrong: what follows begins within seconds after the last end, and once. */
export function batchesCalm(plan: Plan): Plan {
  const { recorderDownMs: _, losesJoins: _losesJoins, ...world } = batches(plan)
  return { ...world, rates: {}, skewMs: 0, acts: [] }
}
