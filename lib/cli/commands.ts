import { check } from './check/check.ts'
import type { ProgramSpec } from './program.ts'
import { schedulesPreview } from './schedules/preview.ts'

/** Every command of the program. */
export const program: ProgramSpec = {
  groups: { schedules: 'look at recurring and one-time schedules' },
  commands: [check, schedulesPreview],
}
