/** The application of this repository, as a stack runs it. */
import { fileURLToPath } from 'node:url'
import type { DevStackOptions } from '../../lib/dev/dev-stack.ts'
import { runner } from '../jobs.ts'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export const application: Pick<DevStackOptions, 'runner' | 'functions'> = {
  runner,
  functions: {
    worker: pathOf('../worker.ts'),
    workers: { lamplighter: pathOf('../system.ts') },
    sweeper: pathOf('../sweeper.ts'),
    dispatcher: pathOf('../dispatcher.ts'),
    recorder: pathOf('../recorder.ts'),
    reconciler: pathOf('../reconciler.ts'),
    api: pathOf('../api.ts'),
  },
}
