/** The job that every contender enqueues and completes: 450 bytes of input, a handler that does nothing. */
import { object, string } from 'valibot'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'

const inputBytes = 450
export const sampleInput = { note: 'x'.repeat(inputBytes - '{"note":""}'.length) }

export const sample = defineJob({ type: 'sample', input: object({ note: string() }) })
export const runner = defineRunner({ jobs: [sample] })

/** The shards of the runner's only queue. */
export const { shards } = runner.queues['default'] ?? { shards: 1 }
