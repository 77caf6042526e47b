/** Jobs that a handler enqueues: by `ctx.enqueue`, or with its commit. */
import { type EnqueuedJob, type JobRequest, jobRequest } from '../../core/definition/job-request.ts'
import type { RunContext } from '../../core/definition/run-context.ts'
import { InvalidDefinition, InvalidInput } from '../../core/values/errors.ts'
import { enqueue } from '../enqueue/enqueue.ts'
import type { EnqueueRequest } from '../enqueue/prepare.ts'
import type { RunLease } from './run-lease.ts'

/**
 * A contract names the types that its handler enqueues, since the worker's permissions and queues follow from it.
 * @throws InvalidDefinition that says what to declare
 */
function checkDeclared({ job, run }: RunLease, type: string): void {
  const declared = run.batch.handlers.get(job.type)?.contract.enqueues ?? []
  if (declared.includes(type)) return
  throw new InvalidDefinition(
    `job type '${job.type}' enqueues '${type}', which its contract does not name; ` +
      `declare it: defineJob({ type: '${job.type}', enqueues: ['${type}'], … })`,
  )
}

/** @throws InvalidInput, InvalidDefinition */
export function followUp(lease: RunLease, request: JobRequest): EnqueueRequest {
  if (typeof request?.type !== 'string') {
    throw new InvalidInput('enqueue', request, 'what client.job or jobRequest returns')
  }
  const { type, input, options } = request
  checkDeclared(lease, type)
  return { ...options, type, input }
}

/** What `ctx.enqueue` is. */
export const enqueueFrom =
  (lease: RunLease): RunContext['enqueue'] =>
  async (job, input, options): Promise<EnqueuedJob> => {
    const { kind: _, ...enqueued } = await enqueue(
      lease.run.batch.deps,
      followUp(lease, jobRequest(job, input, options)),
    )
    return enqueued
  }
