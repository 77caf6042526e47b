/** Write units of jobs that wait for others, as the embedded engine counts them. */
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinGroups } from '../../../../lib/app/record/join-groups.ts'
import { placeWave, preparedMembers, putGroup } from '../../../../lib/app/workflow/members.ts'
import { policyOf } from '../../../../lib/core/definition/runner.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import type { GroupName } from '../../../../lib/core/job/parent.ts'
import { completeIfOwner } from '../../../../lib/core/transitions/finish.ts'
import { startIfDispatched } from '../../../../lib/core/transitions/start.ts'
import { jobAfter } from '../../../../lib/core/transitions/transition.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import type { Deps } from '../../../../lib/ports/deps.ts'
import { countedDeps } from '../../../support/deps-on.ts'

const part = defineJob({ type: 'part', input: v.object({ n: v.number() }) })
const runner = defineRunner({ jobs: [part] })
const policy = policyOf(runner, 'part')
const begin = Date.parse('2026-11-22T10:00:00.123Z')
const group: GroupName = { id: '0193b2a4-0000-7000-8000-000000000000', life: 'k3J9aQ', generation: 1, name: 'parts' }
const count = 300

let engine: Awaited<ReturnType<typeof countedDeps>>
let deps: Deps

beforeAll(async () => {
  engine = await countedDeps(runner, begin)
  deps = engine.deps
})
afterAll(() => engine.stop())

const units = (): number => engine.units()

/** Starts and completes a job. @returns it as it ran, and as it has ended */
async function through(job: Job): Promise<readonly [Job, Job]> {
  const owner = 'owner-of-a-run'
  const now = begin + 1_000
  const start = startIfDispatched(job.fence, { now, owner, policy }, true)
  const run = jobAfter(start, job)
  const end = completeIfOwner({ job: run, owner, now, policy }, '{"size":12}')
  const outcomes = await deps.store.apply([
    { id: job.id, transition: start },
    { id: job.id, transition: end },
  ])
  expect(outcomes).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }])
  return [run, jobAfter(end, run)]
}

describe('write units of 300 children', () => {
  let members: readonly Job[] = []

  it('their group: one for its root, and one for each 256 of them', async () => {
    await putGroup(deps, group, { of: count, madeAt: begin, isBound: true, keepMs: policy.keepFailedMs })
    expect(units()).toBe(3)
  })

  it('each of them what a plain job costs: 5', async () => {
    const requests = Array.from({ length: count }, (_, n) => ({ type: 'part', input: { n } }))
    const prepared = await preparedMembers(deps, requests, { group, isBound: true, endBy: begin + 30 * 86_400_000 })
    expect(await placeWave(deps, prepared)).toBeUndefined()
    const ids = prepared.map(({ job }) => job.id)
    members = (await deps.store.get(ids)).flatMap(job => job ?? [])
    expect(units()).toBe(2 * count)
    for (const job of members.slice(0, 20)) await through(job)
    expect(units()).toBe(3 * 20)
  })

  it('their ends at most 1 each, if each comes alone; one for each batch and chunk, if they come together', async () => {
    const changes = members.map((job, index) => {
      const before: Job = { ...job, state: 'IN_PROGRESS', owner: 'a' }
      const after: Job = { ...job, state: 'COMPLETED' }
      return { sequence: String(index + 1), at: begin, before, after }
    })
    const joins = async (from: number, to: number): Promise<number> => {
      units()
      expect(await joinGroups(deps, changes.slice(from, to))).toEqual([])
      return units()
    }
    for (let index = 0; index < 10; index += 1) expect(await joins(index, index + 1)).toBe(1)
    expect(await joins(10, 200)).toBe(1)
    expect(await joins(200, count - 1)).toBe(1 + 1 + 1)
    expect(await joins(count - 1, count)).toBe(1 + 1)
  })
})
