/** Defects about jobs from outside, from the console, and of other releases. */
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import { obedient, strangers } from '../themes.ts'
import { type Defect, misreading, spoiling, together, unset } from './defect.ts'

const adoptions = ['adoptIfAvailable', 'adoptIfStray']

/** A transition whose guard never holds. */
const never = (transition: Transition): Transition => ({
  ...transition,
  guard: [{ attribute: 'id', op: 'absent' }],
})

export const strangerDefects: readonly Defect[] = [
  {
    name: 'adoption into the default queue',
    tamper: spoiling(adoptions, ({ set, ...rest }) => ({
      ...rest,
      set: { ...set, queue: 'default', lane: `default#live#${set.shard ?? 0}` },
    })),
    direct: strangers,
  },
  {
    name: 'adoption with the attempts of the format',
    tamper: spoiling(adoptions, (transition, proc) => {
      if (transition.set.attempt !== 0) return transition
      const { set, ...rest } = unset('maxAttempts')(transition, proc)
      return { ...rest, set: { ...set, attemptsLeft: 5 } }
    }),
    direct: strangers,
  },
  {
    name: 'edit into an end is left where it is',
    tamper: spoiling(['tidyIfEnded'], never),
    direct: strangers,
  },
  {
    name: 'snooze asks that nobody has written `snoozes`',
    tamper: spoiling(['snoozeIfOwner'], ({ guard, set, ...rest }) => ({
      ...rest,
      set,
      guard:
        set.snoozes === 1
          ? [...guard.filter(({ attribute }) => attribute !== 'snoozes'), { attribute: 'snoozes', op: 'absent' }]
          : guard,
    })),
    direct: strangers,
  },
  {
    name: 'time that is spelt in another way is not written anew',
    // Neither by whoever reads it, nor by the worker that is refused for it: compared as numbers, all looks well.
    tamper: together(
      misreading(({ missing, ...job }) => {
        const others = (missing ?? []).filter(name => name !== 'scheduledAt')
        return others.length === 0 ? job : { ...job, missing: others }
      }),
      spoiling(adoptions, (transition, { kind }) => (kind === 'worker' ? never(transition) : transition)),
    ),
    direct: strangers,
  },
  {
    name: 'row that the index lost is never found',
    tamper: { uses: () => ({ reconcile: () => Promise.reject(new Error('no reconciler')) }) },
    direct: strangers,
  },
  {
    name: 'what a handler returns after its signal counts',
    tamper: spoiling(['retryIfOwner', 'failIfOwner'], (transition, proc) => {
      const owner = transition.set.lastOwner
      if (owner === undefined || transition.set.error?.includes('"TimedOut"') !== true) return transition
      const { set } = transition
      const now = proc.now()
      return {
        ...transition,
        name: 'completeIfOwner',
        row: 'T9',
        set: {
          state: 'COMPLETED',
          lastOwner: owner,
          leaseUntil: now,
          finishedAt: now,
          lookAt: now,
          ttl: Math.ceil(now / 1_000) + (set.ttl === undefined ? 600 : 0) + 600,
        },
        remove: ['lane'],
      }
    }),
    direct: obedient,
  },
  {
    name: 'retry at a time that is no number',
    tamper: spoiling(['retryIfOwner'], ({ set, ...rest }) => ({ ...rest, set: { ...set, scheduledAt: Number.NaN } })),
  },
]
