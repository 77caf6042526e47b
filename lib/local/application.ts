/** The application of this repository, as the stack runs it. */
import { fileURLToPath } from 'node:url'
import { runner } from '../../functions/jobs.ts'
import type { DevStackOptions } from './dev-stack.ts'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export const application: Pick<DevStackOptions, 'runner' | 'functions'> = {
  runner,
  functions: {
    worker: pathOf('../../functions/worker.ts'),
    sweeper: pathOf('../../functions/sweeper.ts'),
    dispatcher: pathOf('../../functions/dispatcher.ts'),
    api: pathOf('../../functions/api.ts'),
  },
}
