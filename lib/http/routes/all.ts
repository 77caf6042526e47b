/** Every route of the API, in the order in which the reference lists them. */
import type { Route } from '../route.ts'
import { auditRoutes } from './audit.ts'
import { bulkRoutes } from './bulk.ts'
import { documentRoutes } from './document.ts'
import { jobActRoutes } from './job-acts.ts'
import { jobListRoutes } from './job-list.ts'
import { jobRoutes } from './jobs.ts'
import { lookupRoutes } from './lookup.ts'
import { overviewRoutes } from './overview.ts'
import { queueRoutes } from './queues.ts'
import { scheduleActRoutes } from './schedule-acts.ts'
import { scheduleRoutes } from './schedules.ts'

export const routes: readonly Route[] = [
  ...jobRoutes,
  ...jobListRoutes,
  ...jobActRoutes,
  ...lookupRoutes,
  ...queueRoutes,
  ...overviewRoutes,
  ...auditRoutes,
  ...scheduleRoutes,
  ...scheduleActRoutes,
  ...bulkRoutes,
  ...documentRoutes,
]
