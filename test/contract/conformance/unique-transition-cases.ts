/** Transitions of jobs with a unique key. */
import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import { type Job, terminalStates } from '../../../lib/core/job/job.ts'
import * as cancel from '../../../lib/core/transitions/cancel.ts'
import { thenNext } from '../../../lib/core/transitions/ends.ts'
import * as finish from '../../../lib/core/transitions/finish.ts'
import * as recover from '../../../lib/core/transitions/recover.ts'
import * as keyed from '../../../lib/core/transitions/unique.ts'
import { homeFor, minute, now, sample, second } from './sample.ts'
import { owner, rt, type TransitionCase } from './transition-case.ts'

const content = (dueAt: number): keyed.JobContent => ({
  input: '{"n":2}',
  scheduledAt: dueAt,
  insertedAt: now,
  request: rt,
  tags: ['new'],
  maxAttempts: 3,
})
const placing = (job: Job) => ({ home: homeFor(job), now, policy })
const next = JSON.stringify(content(now))
const times = [
  ['now', now],
  ['in five minutes', now + 5 * minute],
  ['in an hour', now + 60 * minute],
] as const
const former = { tenant: 'a42', priority: 3, startBy: now + minute, tags: ['old'] } as const

const newGenerations: readonly TransitionCase[] = terminalStates.flatMap(state => [
  ...times.map(
    ([when, dueAt]): TransitionCase => ({
      name: 'renewIfEnded',
      from: `${state}, for ${when}`,
      item: sample(state, { ...former, snoozes: 1, crashes: 1 }),
      transition: job => keyed.renewIfEnded(job, content(dueAt), placing(job)),
      repeat: 'placed',
    }),
  ),
  {
    name: 'beginNextIfEnded',
    from: `${state}, another follows`,
    item: sample(state, { ...former, next, lane: 'default#live#4', ttl: undefined }),
    transition: job => keyed.beginNextIfEnded(job, content(now), placing(job)),
    repeat: 'placed',
  },
])

const replacements: readonly TransitionCase[] = (['SCHEDULED', 'RESERVED', 'AVAILABLE'] as const).flatMap(state =>
  times.map(
    ([when, dueAt]): TransitionCase => ({
      name: 'replaceIfWaiting',
      from: `${state}, for ${when}`,
      item: sample(state, { ...former, scheduledAt: now + minute }),
      transition: job => keyed.replaceIfWaiting(job, content(dueAt), placing(job)),
      repeat: state === 'AVAILABLE' || dueAt === now ? 'placed' : 'replaced',
    }),
  ),
)

const replacedAgain: readonly TransitionCase[] = times.map(
  ([when, dueAt]): TransitionCase => ({
    name: 'replaceIfWaiting',
    from: `RESERVED, replaced before, for ${when}`,
    item: sample('RESERVED', { ...former, scheduledAt: now + minute, replacement: 'rt-other' }),
    transition: job => keyed.replaceIfWaiting(job, content(dueAt), placing(job)),
    repeat: dueAt === now ? 'placed' : 'replaced',
  }),
)

const asking: readonly TransitionCase[] = [undefined, next].flatMap(before =>
  (['IN_PROGRESS', 'RETRY'] as const).map(
    (state): TransitionCase => ({
      name: 'askAgainIfStarted',
      from: before === undefined ? state : `${state}, another was to follow`,
      item: sample(state, { next: before }),
      transition: job => keyed.askAgainIfStarted(job, content(now + second)),
      repeat: 'moved',
    }),
  ),
)

const running = sample('IN_PROGRESS', { owner, leaseUntil: now + 30 * second, next })
const held = (job: Job) => ({ job, owner, policy, now })

const followedEnds: readonly TransitionCase[] = [
  {
    name: 'completeIfOwner',
    from: 'IN_PROGRESS, another follows',
    item: running,
    transition: job => thenNext(finish.completeIfOwner(held(job), '42')),
    repeat: 'outcome',
  },
  {
    name: 'failIfOwner',
    from: 'IN_PROGRESS, another follows',
    item: running,
    transition: job => thenNext(finish.failIfOwner(held(job), { name: 'Error', message: 'no' })),
    repeat: 'outcome',
  },
  {
    name: 'failIfLeaseOver',
    from: 'IN_PROGRESS, another follows',
    item: sample('IN_PROGRESS', { leaseUntil: now - 1, next, attemptsLeft: 0 }),
    transition: job => recover.endUnrun(job, 'crashed', { now, request: rt, policy }),
    repeat: 'placed',
  },
  {
    name: 'cancelIfSeen',
    from: 'RETRY, another follows',
    item: sample('RETRY', { next }),
    transition: job => cancel.cancelIfSeen(job, { now, request: rt, policy }),
    repeat: 'placed',
  },
  {
    name: 'cancelIfSeen',
    from: 'RETRY, with what follows',
    item: sample('RETRY', { next }),
    transition: job => cancel.cancelIfSeen(job, { now, request: rt, policy }, true),
    repeat: 'placed',
  },
  {
    name: 'requestCancelIfRunning',
    from: 'IN_PROGRESS, with what follows',
    item: running,
    transition: () => cancel.requestCancelIfRunning(now, rt, true),
    repeat: 'again',
  },
]

export const uniqueCases: readonly TransitionCase[] = [
  ...newGenerations,
  ...replacements,
  ...replacedAgain,
  ...asking,
  ...followedEnds,
]
