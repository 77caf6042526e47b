/** Every route of the API, in the order in which the reference lists them. */
import type { Route } from '../route.ts'
import { documentRoutes } from './document.ts'
import { jobActRoutes } from './job-acts.ts'
import { jobRoutes } from './jobs.ts'
import { scheduleActRoutes } from './schedule-acts.ts'
import { scheduleRoutes } from './schedules.ts'

export const routes: readonly Route[] = [
  ...jobRoutes,
  ...jobActRoutes,
  ...scheduleRoutes,
  ...scheduleActRoutes,
  ...documentRoutes,
]
