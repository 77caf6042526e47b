import { createApi } from '../lib/lambda/api.ts'
import { runner } from './jobs.ts'

export const handler = createApi({ runner })
