import { createSystem } from '../lib/lambda/system.ts'
import { runner } from './jobs.ts'

export const handler = createSystem({ runner })
