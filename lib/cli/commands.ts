import { check } from './check/check.ts'
import { dashboard } from './dashboard/dashboard.ts'
import { dev } from './dev/dev.ts'
import { jobsCancel, jobsDelete, jobsReschedule, jobsRun } from './jobs/act.ts'
import { enqueue } from './jobs/enqueue.ts'
import { jobsList } from './jobs/list.ts'
import { jobsRetry } from './jobs/retry.ts'
import { jobsExplain, jobsShow } from './jobs/show.ts'
import type { ProgramSpec } from './program.ts'
import { errors } from './queues/errors.ts'
import { stats } from './queues/stats.ts'
import { types } from './queues/types.ts'
import { schedulesDelete, schedulesDeleteAll, schedulesPause, schedulesResume, schedulesRun } from './schedules/act.ts'
import { schedulesAdd } from './schedules/add.ts'
import { schedulesList, schedulesOccurrences, schedulesShow } from './schedules/look.ts'
import { schedulesPreview } from './schedules/preview.ts'

/** Every command of the program. */
export const program: ProgramSpec = {
  groups: {
    jobs: 'look at jobs and steer them',
    schedules: 'make, look at and steer recurring and one-time schedules',
  },
  commands: [
    dev,
    dashboard,
    enqueue,
    jobsList,
    jobsShow,
    jobsExplain,
    jobsRetry,
    jobsCancel,
    jobsRun,
    jobsReschedule,
    jobsDelete,
    errors,
    stats,
    types,
    check,
    schedulesList,
    schedulesShow,
    schedulesAdd,
    schedulesPause,
    schedulesResume,
    schedulesRun,
    schedulesOccurrences,
    schedulesPreview,
    schedulesDelete,
    schedulesDeleteAll,
  ],
}
