import { number, optional, strictObject, string } from 'valibot'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'

/** Answers with which edition of the handlers ran it. */
export const greet = defineJob({ type: 'greet', timeout: '5s', input: strictObject({ name: string() }) })

export const alwaysFails = defineJob({
  type: 'always-fails',
  timeout: '5s',
  maxAttempts: 2,
  backoff: { kind: 'fixed', delay: '1s' },
  input: strictObject({}),
})

/** Fails for good, until somebody requeues it. */
export const failsOnce = defineJob({ type: 'fails-once', timeout: '5s', input: strictObject({}) })

/** Its first run kills the process that it runs in. The shortest lease there is, so that the wait is short. */
export const killsWorker = defineJob({
  type: 'kills-worker',
  queue: 'fragile',
  timeout: '1s',
  input: strictObject({}),
})

/** Works for a while. */
export const slow = defineJob({
  type: 'slow',
  queue: 'busy',
  timeout: '3s',
  input: strictObject({ number: number(), ms: optional(number(), 1_500) }),
})

/** Works until somebody stops it. */
export const endless = defineJob({ type: 'endless', queue: 'steered', timeout: '60s', input: strictObject({}) })

/** For a pause over a deployment. */
export const steered = defineJob({ type: 'steered', queue: 'steered', timeout: '5s', input: strictObject({}) })

/** Has more to do than its function has time, which is 20 s: it goes on in one start after the other. */
export const journey = defineJob({
  type: 'journey',
  queue: 'journeys',
  timeout: '5s',
  input: strictObject({ legs: number() }),
  signals: { arrived: strictObject({ by: string() }) },
})

export const runner = defineRunner({
  jobs: [greet, alwaysFails, failsOnce, killsWorker, slow, endless, steered, journey],
  queues: {
    default: { concurrency: 2 },
    fragile: { concurrency: 2 },
    busy: { concurrency: 3, batchSize: 5 },
    steered: { concurrency: 2 },
    journeys: { concurrency: 2 },
  },
})
