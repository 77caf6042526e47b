import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import { policyOf, queuePolicyOf } from '../../../../lib/core/definition/runner.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'

const mail = defineJob({ type: 'mail', queue: 'mails', input: v.object({}), maxAttempts: 2 })
const runner = defineRunner({ queues: { mails: { concurrency: 3 } }, jobs: [mail] })

describe('what a runner knows of a name', () => {
  it('the policy of a type, and the defaults for one that it does not know', () => {
    expect(policyOf(runner, 'mail')).toBe(mail.policy)
    for (const type of ['sms', 'toString', '__proto__']) expect(policyOf(runner, type)).toBe(defaultPolicy)
  })

  it('the policy of a queue, and the defaults for one that it does not know', () => {
    expect(queuePolicyOf(runner, 'mails')).toEqual({ concurrency: 3, batchSize: 10, shards: 16 })
    for (const queue of ['sms', 'toString', '__proto__']) {
      expect(queuePolicyOf(runner, queue)).toEqual({ concurrency: 10, batchSize: 10, shards: 16 })
    }
  })
})
