/** T26–T29: the next job under the id of a unique key. */

import { holdMs, type JobPolicy } from '../definition/policy.ts'
import { generationOf, type Job, type JobAttribute, leavesLine, maxAttemptsOf, terminalStates } from '../job/job.ts'
import { maxDelayMs } from '../values/quotas.ts'
import { leadMs, tickMs } from '../values/times.ts'
import { asSeen, type Clause, equal, oneOf } from './clause.ts'
import { leftovers, ofEndedGeneration, placeAgain, type Replacing } from './requeue.ts'
import type { Changes, Transition } from './transition.ts'

/** What is new of a job that comes under an id which is there already. */
const contentNames = [
  'input',
  'ref',
  'scheduledAt',
  'startBy',
  'maxAttempts',
  'maxSnoozes',
  'priority',
  'tags',
  'notify',
  'depth',
  'context',
  'tenant',
  'gate',
  'pass',
  'request',
  'insertedAt',
] as const satisfies readonly JobAttribute[]

export type JobContent = Pick<Job, (typeof contentNames)[number]> & {
  /** What is to follow that job in its turn. */
  readonly next?: string
}

/** @param fresh the job as it would be inserted */
export const contentOf = (fresh: Job): JobContent =>
  Object.fromEntries(
    contentNames.flatMap(name => (fresh[name] === undefined ? [] : [[name, fresh[name]]])),
  ) as unknown as JobContent

/** The job that is to follow; undefined where there is none, or where somebody has edited it so that nobody can read it. */
export function nextOf({ next }: Pick<Job, 'next'>): JobContent | undefined {
  if (next === undefined) return undefined
  try {
    const { input, scheduledAt, insertedAt, ...rest } = JSON.parse(next) as JobContent
    const isWhole = typeof input === 'string' && Number.isFinite(scheduledAt) && Number.isFinite(insertedAt)
    return isWhole ? { ...rest, input, scheduledAt, insertedAt } : undefined
  } catch {
    return undefined
  }
}

type Placing = Pick<Replacing, 'home' | 'now' | 'policy'>

/** A new generation, with everything that the new job says and nothing of the one before. */
function renewal(job: Job, content: JobContent, { home, now, policy }: Placing): Pick<Transition, 'set' | 'remove'> {
  const { request = '', scheduledAt: dueAt } = content
  const set: Changes = {
    ...content,
    ...placeAgain(job, { dueAt, home, now, request, policy }),
    generation: generationOf(job) + 1,
    attempt: 0,
    attemptsLeft: content.maxAttempts ?? maxAttemptsOf({ ...job, maxAttempts: undefined } as unknown as Job),
  }
  const absent = contentNames.filter(name => content[name] === undefined && job[name] !== undefined)
  const before = [...leftovers(job, now), ...ofEndedGeneration].filter(name => set[name] === undefined)
  return { set, remove: [...new Set<JobAttribute>([...before, ...absent])] }
}

/** T26. The job of this key has ended: the new one is its next generation. */
export function renewIfEnded(job: Job, content: JobContent, placing: Placing): Transition {
  return {
    name: 'renewIfEnded',
    row: 'T26',
    event: { name: 'job_requeued' },
    guard: [oneOf('state', terminalStates), asSeen(job, 'fence'), asSeen(job, 'next')],
    ...renewal(job, content, placing),
  }
}

/** Whether the handler was called, or is about to be. */
export const hasStarted = ({ state, attempt }: Pick<Job, 'state' | 'attempt'>): boolean =>
  state === 'IN_PROGRESS' || attempt > 0

/** The tokens: a repeat of an older replacement comes too late. `attempt`: what has started keeps its input. */
const replaceable = (job: Job): readonly Clause[] => [
  asSeen(job, 'state'),
  asSeen(job, 'fence'),
  asSeen(job, 'request'),
  asSeen(job, 'replacement'),
  equal('attempt', 0),
]

/**
 * T27. A job that has not started becomes what the new one says. One that is put off keeps its messages: they arrive
 * early, and wait. So a debounced event costs one unit and no message. It keeps the token of whoever sends them, too: that
 * one may have had no answer yet, and nobody else knows whether they were sent.
 * @param maxWaitMs the longest time from the first of these jobs to its start
 */
export function replaceIfWaiting(job: Job, given: JobContent, placing: Placing, maxWaitMs?: number): Transition {
  const dueAt = Math.min(
    given.scheduledAt,
    maxWaitMs === undefined ? Number.POSITIVE_INFINITY : job.insertedAt + maxWaitMs,
  )
  // The wait counts from the first of them.
  const { request = '', ...rest } = given
  const content = { ...rest, scheduledAt: dueAt, insertedAt: job.insertedAt }
  const absent = contentNames.filter(
    name => name !== 'request' && content[name] === undefined && job[name] !== undefined,
  )
  const isPutOff =
    (job.state === 'RESERVED' || job.state === 'SCHEDULED') && dueAt >= job.scheduledAt && given.gate === job.gate
  const { home, now, policy } = placing
  const place = isPutOff
    ? { ...putOff(job, dueAt, { now, policy }), replacement: request }
    : placeAgain(job, { dueAt, home, now, request, policy })
  return {
    name: isPutOff ? 'replaceIfWaitingKeepingMessage' : 'replaceIfWaiting',
    row: 'T27',
    event: { name: 'job_rescheduled' },
    guard: replaceable(job),
    set: {
      ...content,
      ...place,
      attemptsLeft: content.maxAttempts ?? maxAttemptsOf({ ...job, maxAttempts: undefined } as unknown as Job),
    },
    remove: isPutOff ? absent : [...new Set<JobAttribute>([...absent, ...leavesLine(job)])],
  }
}

/** The row moves only where the sweeper would look too early to be of use, or too late to send the next message. */
function putOff(
  job: Job,
  dueAt: number,
  { now, policy }: { readonly now: number; readonly policy: JobPolicy },
): Changes {
  const { lookAt = now, dispatches = 0 } = job
  const state = dueAt > now ? ({ state: 'SCHEDULED' } as const) : {}
  // Beyond SQS's delay a message that arrives is given up: the sweeper must look before the job is due.
  const latest = dueAt - leadMs
  if (dueAt - now > maxDelayMs) return { ...state, ...(lookAt <= latest ? {} : { lookAt: latest }) }
  if (dispatches === 0) return state
  const last = dueAt + holdMs(policy, dispatches - 1)
  return { ...state, ...(lookAt >= dueAt + tickMs && lookAt <= last ? {} : { lookAt: last }) }
}

/** T28. The job of this key has started: the new one follows when it has ended. What was to follow before does not. */
export function askAgainIfStarted(job: Job, content: JobContent): Transition {
  return {
    name: 'askAgainIfStarted',
    row: 'T28',
    guard: [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'next')],
    set: { next: JSON.stringify(content) },
    remove: [],
  }
}

/** T29. The job has ended, and the one that was to follow begins. Unreadable, it is dropped: the row goes as after any end. */
export function beginNextIfEnded(job: Job, next: JobContent, placing: Placing): Transition {
  const { set, remove } = renewal(job, next, placing)
  return {
    name: 'beginNextIfEnded',
    row: 'T29',
    event: { name: 'job_requeued' },
    guard: [oneOf('state', terminalStates), asSeen(job, 'fence'), asSeen(job, 'next')],
    set,
    remove: next.next === undefined ? [...remove, 'next'] : remove,
  }
}
