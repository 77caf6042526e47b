import { expect, it } from 'vitest'
import { localHandlers, localRunner } from '../../../lib/bundle/local-runner.ts'
import { checkHandlers } from '../../../lib/core/definition/check-handlers.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { anything } from './anything.ts'

const greet = defineJob({ type: 'greet', input: anything, timeout: '10s' })
const stranger = defineJob({ type: 'greet', input: anything })
const declared = defineRunner({ jobs: [greet] })
const local = localRunner(declared, { slackMs: 3_600_000 })

it('gives runs more time, lists completed jobs, and changes nothing else', () => {
  expect(local.jobs['greet']?.policy).toEqual({ ...greet.policy, timeoutMs: 3_610_000, listCompleted: true })
  expect({ ...local, jobs: undefined }).toEqual({ ...declared, jobs: undefined })
  expect(greet.policy.timeoutMs).toBe(10_000)
})

it('binds handlers of the same contracts to the local ones, and no others', () => {
  const own = localHandlers([handle(greet, () => 1)], declared, local)
  expect(() => checkHandlers(local, own)).not.toThrow()
  const others = localHandlers([handle(stranger, () => 1)], declared, local)
  expect(() => checkHandlers(local, others)).toThrow(/two copies of the contract/)
  expect(localHandlers('none' as never, declared, local)).toBe('none')
})
