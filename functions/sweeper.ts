import { createSweeper } from '../lib/lambda/sweeper.ts'
import { runner } from './jobs.ts'

export const handler = createSweeper({ runner })
