/** Defects in unique keys. */
import { ending } from '../../../lib/core/transitions/ends.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import { uniqueGates } from '../gate-themes.ts'
import { uniques } from '../themes.ts'
import { type Defect, spoiling, unguarded } from './defect.ts'

const direct = uniques

/** What is new of the job, but the limit that it comes under. */
function withoutGate({ set, remove, ...transition }: Transition): Transition {
  const { gate: _, ...rest } = set
  return { ...transition, set: rest, remove: remove.filter(name => name !== 'gate') }
}

export const uniqueDefects: readonly Defect[] = [
  {
    name: 'what takes the place of a job keeps the gate of that one',
    direct: uniqueGates,
    tamper: spoiling(['replaceIfWaitingKeepingMessage', 'replaceIfWaiting'], withoutGate),
  },
  {
    name: 'who replaces a job takes the token of whoever sends its message',
    direct: uniqueGates,
    tamper: spoiling(['replaceIfWaitingKeepingMessage'], transition => ({
      ...transition,
      set: { ...transition.set, request: transition.set.replacement ?? '' },
    })),
  },
  {
    name: 'what follows a job keeps the gate of that one',
    direct: uniqueGates,
    tamper: spoiling(['beginNextIfEnded'], withoutGate),
  },
  {
    name: 'a new generation keeps the gate of the one before',
    direct: uniqueGates,
    tamper: spoiling(['renewIfEnded'], withoutGate),
  },
  {
    name: 'an end does not ask whether another job is to follow',
    direct,
    tamper: spoiling(['completeIfOwner', 'failIfOwner'], unguarded('next')),
  },
  {
    name: 'an end that another job follows leaves the lane of the live ones',
    direct,
    tamper: spoiling(['completeIfOwnerThenNext', 'failIfOwnerThenNext'], transition => ({
      ...transition,
      set: { ...transition.set, ...ending({}, 0, 7 * 86_400_000) },
      remove: [...transition.remove, 'lane'],
    })),
  },
  {
    name: 'what follows begins although a newer one took its place',
    direct,
    tamper: spoiling(['beginNextIfEnded'], unguarded('next')),
  },
  {
    name: 'a job is replaced that has started',
    direct,
    tamper: spoiling(
      ['replaceIfWaitingKeepingMessage', 'replaceIfWaiting'],
      unguarded('state', 'attempt', 'request', 'fence'),
    ),
  },
  {
    name: 'a new generation begins although the one before has not ended',
    direct,
    tamper: spoiling(['renewIfEnded'], unguarded('state', 'fence', 'next')),
  },
  {
    name: 'what is to follow is forgotten by a retry',
    direct,
    tamper: spoiling(['retryIfOwner'], transition => ({ ...transition, remove: [...transition.remove, 'next'] })),
  },
]
