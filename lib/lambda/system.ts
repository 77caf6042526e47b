import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { systemHandlers } from '../app/bulk/system-handlers.ts'
import type { FunctionOptions, LambdaFunction } from './lambda-handler.ts'
import { workerOf } from './worker.ts'

/**
 * The worker of the system queue: bulk acts and backfills. `LAMPLIGHTER_QUEUES` must name every queue of the runner and
 * `lamplighter`.
 * @throws InvalidDefinition when the environment has no names
 */
export const createSystem = ({ runner }: FunctionOptions): LambdaFunction<SQSEvent, SQSBatchResponse> =>
  workerOf(runner, systemHandlers)
