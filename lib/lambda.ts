/**
 * The public entry for deploying without the CDK: the functions, and what they need to be made of.
 *
 * @example
 * // worker.ts
 * import { createWorker } from 'lamplighter/lambda'
 * import { handlers } from './handlers.ts'
 * import { runner } from './jobs.ts'
 * export const handler = createWorker({ runner, handlers })
 */
export type { OutboxReport } from './app/record/outbox.ts'
export type { ReconcileReport } from './app/sweeper/reconcile.ts'
export type { TickReport } from './app/sweeper/tick.ts'
export { streamFilters } from './aws/dynamodb/stream-filter.ts'
export { recordTableDefinition, tableDefinition } from './aws/dynamodb/table.ts'
export {
  type FunctionDefinition,
  functionDefinitions,
  type QueueDefinition,
  type QueueTrigger,
  queueDefinitions,
  type Trigger,
} from './core/definition/deployment.ts'
export { createApi } from './lambda/api.ts'
export { createDispatcher } from './lambda/dispatcher.ts'
export type { FunctionOptions, LambdaFunction } from './lambda/lambda-handler.ts'
export { createReconciler } from './lambda/reconciler.ts'
export type { ShardAnswer, ShardEvent } from './lambda/record-changes.ts'
export { createRecorder } from './lambda/recorder.ts'
export { createSweeper } from './lambda/sweeper.ts'
export { createSystem } from './lambda/system.ts'
export { createWorker, type WorkerOptions } from './lambda/worker.ts'
