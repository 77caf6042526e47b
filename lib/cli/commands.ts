import { check, doctor } from './check/check.ts'
import { dashboard } from './dashboard/dashboard.ts'
import { dev } from './dev/dev.ts'
import { jobsCancel, jobsDelete, jobsReschedule, jobsRun } from './jobs/act.ts'
import { bulkCancel, bulkList, bulkShow } from './jobs/bulk.ts'
import { enqueue } from './jobs/enqueue.ts'
import { jobsList } from './jobs/list.ts'
import { jobsRetry } from './jobs/retry.ts'
import { jobsExplain, jobsShow } from './jobs/show.ts'
import { jobsChildren, jobsSignal, jobsSteps } from './jobs/steps.ts'
import { watch } from './jobs/watch.ts'
import type { ProgramSpec } from './program.ts'
import { queuesLimit, queuesPause, queuesResume, queuesScale } from './queues/act.ts'
import { audit } from './queues/audit.ts'
import { errors } from './queues/errors.ts'
import { queuesGate, queuesGates, queuesList, queuesShow } from './queues/look.ts'
import { stats } from './queues/stats.ts'
import { types } from './queues/types.ts'
import { schedulesDelete, schedulesDeleteAll, schedulesPause, schedulesResume, schedulesRun } from './schedules/act.ts'
import { schedulesAdd } from './schedules/add.ts'
import { schedulesBackfill } from './schedules/backfill.ts'
import { schedulesList, schedulesOccurrences, schedulesShow } from './schedules/look.ts'
import { schedulesPreview } from './schedules/preview.ts'

/** Every command of the program. */
export const program: ProgramSpec = {
  groups: {
    jobs: 'look at jobs and steer them',
    bulk: 'look at acts on many jobs, and stop them',
    queues: 'look at queues, pause, resume and scale them',
    schedules: 'make, look at and steer recurring and one-time schedules',
  },
  commands: [
    dev,
    dashboard,
    enqueue,
    jobsList,
    jobsShow,
    jobsExplain,
    jobsSteps,
    jobsChildren,
    jobsSignal,
    jobsRetry,
    jobsCancel,
    jobsRun,
    jobsReschedule,
    jobsDelete,
    bulkList,
    bulkShow,
    bulkCancel,
    queuesList,
    queuesShow,
    queuesGates,
    queuesGate,
    queuesPause,
    queuesResume,
    queuesScale,
    queuesLimit,
    errors,
    stats,
    types,
    audit,
    watch,
    doctor,
    check,
    schedulesList,
    schedulesShow,
    schedulesAdd,
    schedulesPause,
    schedulesResume,
    schedulesRun,
    schedulesBackfill,
    schedulesOccurrences,
    schedulesPreview,
    schedulesDelete,
    schedulesDeleteAll,
  ],
}
