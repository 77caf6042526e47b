import { createWorker } from '../lib/lambda/worker.ts'
import { handlers } from './handlers.ts'
import { runner } from './jobs.ts'

export const handler = createWorker({ runner, handlers })
