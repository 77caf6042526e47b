import * as adopt from '../../../lib/core/transitions/adopt.ts'
import * as cancel from '../../../lib/core/transitions/cancel.ts'
import * as remove from '../../../lib/core/transitions/delete.ts'
import * as dispatch from '../../../lib/core/transitions/dispatch.ts'
import * as enqueue from '../../../lib/core/transitions/enqueue.ts'
import * as finish from '../../../lib/core/transitions/finish.ts'
import * as park from '../../../lib/core/transitions/park.ts'
import * as recover from '../../../lib/core/transitions/recover.ts'
import * as requeue from '../../../lib/core/transitions/requeue.ts'
import * as start from '../../../lib/core/transitions/start.ts'
import * as suspend from '../../../lib/core/transitions/suspend.ts'
import * as unique from '../../../lib/core/transitions/unique.ts'
import * as window from '../../../lib/core/transitions/window.ts'
import { failedCases } from './failed-transition-cases.ts'

/** Every function that makes a transition has its guard in its name. */
const modules = [
  adopt,
  cancel,
  dispatch,
  enqueue,
  finish,
  park,
  recover,
  remove,
  requeue,
  start,
  suspend,
  unique,
  window,
]
export const transitionNames: readonly string[] = [
  ...modules
    .flatMap(module => Object.entries(module))
    .flatMap(([name, value]) => (typeof value === 'function' && /[a-z]If[A-Z]/.test(name) ? [name] : [])),
  // Each way into FAILED has another form, behind which a job follows.
  ...new Set(failedCases.map(({ name }) => name)),
]
