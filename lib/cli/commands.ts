import { check } from './check/check.ts'
import { dashboard } from './dashboard/dashboard.ts'
import { dev } from './dev/dev.ts'
import type { ProgramSpec } from './program.ts'
import { schedulesDelete, schedulesDeleteAll, schedulesPause, schedulesResume, schedulesRun } from './schedules/act.ts'
import { schedulesAdd } from './schedules/add.ts'
import { schedulesList, schedulesOccurrences, schedulesShow } from './schedules/look.ts'
import { schedulesPreview } from './schedules/preview.ts'

/** Every command of the program. */
export const program: ProgramSpec = {
  groups: { schedules: 'make, look at and steer recurring and one-time schedules' },
  commands: [
    dev,
    dashboard,
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
