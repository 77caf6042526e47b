import * as manage from '../../../lib/app/operate/operate.ts'
import { startAvailable } from '../../../lib/app/sweeper/start-available.ts'
import { tick } from '../../../lib/app/sweeper/tick.ts'
import { now, sample } from '../conformance/sample.ts'
import type { Actor, Part, UseCaseRace } from './use-case-race.ts'

const sweeper = (name: string): Actor => ({
  name,
  act: async ({ deps }) => {
    await tick(deps, deps.clock.now() + 60_000)
    return undefined
  },
})
const dispatcher = (name: string): Actor => ({
  name,
  act: async ({ deps, seen }) => {
    await startAvailable(deps, [seen])
    return undefined
  },
})
const worker = (name: string): Actor => ({
  name,
  act: async part => {
    await part.work()
    return undefined
  },
})

type Answer = manage.CancelOutcome | manage.PlaceOutcome | manage.DeleteOutcome
const operator = (name: string, act: (part: Part) => Promise<Answer>): Actor => ({
  name,
  act: async part => {
    const answer = await act(part)
    return 'state' in answer ? `${answer.kind} ${answer.state}` : answer.kind
  },
})
const cancel = (name: string) => operator(name, ({ deps, id }) => manage.cancel(deps, id))
const runNow = (name: string) => operator(name, ({ deps, id }) => manage.runNow(deps, id))
const requeue = (name: string) => operator(name, ({ deps, id }) => manage.requeue(deps, id))
const remove = operator('delete', ({ deps, id }) => manage.remove(deps, id))
const reschedule = operator('reschedule', ({ deps, id }) => manage.reschedule(deps, id, { delay: '1h' }))

const leaseOver = { leaseUntil: now - 1 }
const ran = 'job_started, job_completed'

const partsRaces: readonly UseCaseRace[] = [
  {
    pair: 'use cases: two sweepers, due',
    item: sample('SCHEDULED', { scheduledAt: now }),
    actors: [sweeper('A'), sweeper('B')],
    ends: [
      ['job_dispatched', 'nothing', 'COMPLETED'],
      ['nothing', 'job_dispatched', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: two sweepers, lease over',
    item: sample('IN_PROGRESS', leaseOver),
    actors: [sweeper('A'), sweeper('B')],
    ends: [
      ['job_crashed', 'nothing', 'COMPLETED'],
      ['nothing', 'job_crashed', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: two sweepers, last attempt crashed',
    item: sample('IN_PROGRESS', { ...leaseOver, attempt: 5, attemptsLeft: 0 }),
    actors: [sweeper('A'), sweeper('B')],
    ends: [
      ['job_crashed, job_failed', 'nothing', 'FAILED'],
      ['nothing', 'job_crashed, job_failed', 'FAILED'],
    ],
  },
  {
    // Both write the same, in the name of who asked for it: neither can tell that it was the other. Two messages, one run.
    pair: 'use cases: two sweepers, another follows',
    item: sample('COMPLETED', {
      next: JSON.stringify({ input: '{"n":2}', scheduledAt: now, insertedAt: now, request: 'rt-next' }),
      lane: 'default#live#4',
      ttl: undefined,
    }),
    actors: [sweeper('A'), sweeper('B')],
    ends: [
      ['job_requeued', 'nothing', 'COMPLETED'],
      ['nothing', 'job_requeued', 'COMPLETED'],
      ['job_requeued', 'job_requeued', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: dispatcher · sweeper',
    item: sample('AVAILABLE'),
    actors: [dispatcher('dispatcher'), sweeper('sweeper')],
    ends: [
      ['job_dispatched', 'nothing', 'COMPLETED'],
      ['nothing', 'job_dispatched', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: two dispatchers, a foreign item',
    item: { type: 'sample', state: 'AVAILABLE', input: '{}' },
    actors: [dispatcher('A'), dispatcher('B')],
    ends: [
      ['job_adopted, job_dispatched', 'nothing', 'COMPLETED'],
      ['nothing', 'job_adopted, job_dispatched', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: two workers, one message delivered twice',
    item: sample('RESERVED'),
    actors: [worker('A'), worker('B')],
    ends: [
      [ran, 'message_dropped', 'COMPLETED'],
      ['message_dropped', ran, 'COMPLETED'],
      [ran, 'message_waits', 'COMPLETED'],
      ['message_waits', ran, 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: worker · sweeper, lease over',
    item: sample('IN_PROGRESS', leaseOver),
    actors: [worker('worker'), sweeper('sweeper')],
    ends: [
      [`job_crashed, ${ran}`, 'nothing', 'COMPLETED'],
      ['message_dropped', 'job_crashed', 'COMPLETED'],
    ],
  },
]

const operatorRaces: readonly UseCaseRace[] = [
  {
    pair: 'use cases: worker · cancel',
    item: sample('RESERVED'),
    actors: [worker('worker'), cancel('cancel')],
    ends: [
      [ran, 'notPossible COMPLETED', 'COMPLETED'],
      ['message_dropped', 'cancelled', 'CANCELLED'],
      [ran, 'cancelRequested', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: worker · run now',
    item: sample('RESERVED'),
    actors: [worker('worker'), runNow('run now')],
    ends: [
      [ran, 'notPossible COMPLETED', 'COMPLETED'],
      ['message_dropped', 'placed RESERVED', 'COMPLETED'],
      [ran, 'notPossible IN_PROGRESS', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: worker · delete',
    item: sample('RESERVED'),
    actors: [worker('worker'), remove],
    ends: [
      [ran, 'deleted', 'gone'],
      ['message_waits', 'deleted', 'gone'],
      [ran, 'notPossible IN_PROGRESS', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: two requeues',
    item: sample('FAILED'),
    actors: [requeue('A'), requeue('B')],
    ends: [
      ['placed RESERVED', 'notPossible RESERVED', 'COMPLETED'],
      ['notPossible RESERVED', 'placed RESERVED', 'COMPLETED'],
    ],
  },
  {
    pair: 'use cases: two cancels',
    item: sample('RETRY'),
    actors: [cancel('A'), cancel('B')],
    ends: [
      ['cancelled', 'notPossible CANCELLED', 'CANCELLED'],
      ['notPossible CANCELLED', 'cancelled', 'CANCELLED'],
    ],
  },
  {
    // The later one places the job once more; the message of the earlier one is void.
    pair: 'use cases: two run nows',
    item: sample('SCHEDULED'),
    actors: [runNow('A'), runNow('B')],
    ends: [
      ['placed RESERVED', 'placed RESERVED', 'COMPLETED'],
      ['placed RESERVED', 'placed RESERVED', 'COMPLETED'],
    ],
  },
  {
    // Dispatched first, the job is placed again all the same: its message is void then.
    pair: 'use cases: reschedule · sweeper',
    item: sample('SCHEDULED', { scheduledAt: now }),
    actors: [reschedule, sweeper('sweeper')],
    ends: [
      ['placed SCHEDULED', 'nothing', 'SCHEDULED'],
      ['placed SCHEDULED', 'job_dispatched', 'SCHEDULED'],
    ],
  },
]

export const useCaseRaces: readonly UseCaseRace[] = [...partsRaces, ...operatorRaces]
