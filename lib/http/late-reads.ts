/**
 * What people ask for now and then: one file of its own in the API's bundle, which no cold start reads. One for all of them:
 * each late import brings code that it shares with others into one more file, with its own 300 bytes of head.
 */
export { listAudit } from '../app/lookup/audit.ts'
export { listChildren } from '../app/lookup/children.ts'
export { listErrors } from '../app/lookup/error-groups.ts'
export { explainJob } from '../app/lookup/explain-job.ts'
export { getGate, listGates } from '../app/lookup/gates.ts'
export { readHealth } from '../app/lookup/health.ts'
export { listRuns } from '../app/lookup/job-runs.ts'
export { listSteps } from '../app/lookup/job-steps.ts'
export { readOverview } from '../app/lookup/overview.ts'
export { readStats } from '../app/lookup/stats.ts'
export { getType, listTypes } from '../app/lookup/types.ts'
export { sendSignal } from '../app/workflow/signal.ts'
