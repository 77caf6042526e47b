/** Paths of the pages; `{name}` stands for one segment. The gateway of a hosted dashboard has a route for each. */
export const pagePaths = [
  '/',
  '/queues',
  '/queues/{name}',
  '/jobs',
  '/jobs/{name}',
  '/errors',
  '/schedules',
  '/live',
] as const
