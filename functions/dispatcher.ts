import { createDispatcher } from '../lib/lambda/dispatcher.ts'
import { runner } from './jobs.ts'

export const handler = createDispatcher({ runner })
