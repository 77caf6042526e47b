import type { JobHandler } from '../../core/definition/run-hooks.ts'
import { backfillJob, bulkJob } from '../../core/definition/system.ts'
import type { Deps } from '../../ports/deps.ts'
import { runBackfill } from './run-backfill.ts'
import { runBulk } from './run-bulk.ts'

/** What the worker of the system queue runs: apart from those who start bulk acts, whose bundles must not grow by it. */
export const systemHandlers = (deps: Deps): readonly JobHandler[] => [
  { contract: bulkJob, run: (input, ctx) => runBulk(deps, input, ctx) },
  { contract: backfillJob, run: (input, ctx) => runBackfill(deps, input, ctx) },
]
