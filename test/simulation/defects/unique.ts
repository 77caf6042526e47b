/** Defects in unique keys. */
import { ending } from '../../../lib/core/transitions/ends.ts'
import { uniques } from '../themes.ts'
import { type Defect, spoiling, unguarded } from './defect.ts'

const direct = uniques

export const uniqueDefects: readonly Defect[] = [
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
      set: { ...transition.set, ...ending(0, 7 * 86_400_000) },
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
