import { createReconciler } from '../lib/lambda/reconciler.ts'
import { runner } from './jobs.ts'

export const handler = createReconciler({ runner })
