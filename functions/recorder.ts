import { createRecorder } from '../lib/lambda/recorder.ts'
import { runner } from './jobs.ts'

export const handler = createRecorder({ runner })
