/** Defects of rates. */
import { ticketPrefix } from '../../../lib/core/records/keys.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import { ratesBookedTwice, ratesCalm, ratesEdited, ratesInChaos } from '../rate-themes.ts'
import { type Defect, spoiling } from './defect.ts'
import { changing, emptyPage, replacing, swallowing } from './gates.ts'

const starts = ['startIfDispatched', 'startIfDispatchedMovingAt']
const without = (transition: Transition, ...names: readonly string[]): Transition => ({
  ...transition,
  guard: transition.guard.filter(({ attribute }) => !names.includes(attribute)),
})

const isSlot = (clause: object): boolean => 'attribute' in clause && clause.attribute === 'tat'

export const slotStaysFree = changing('bookAlone', change =>
  'deletes' in change
    ? change
    : {
        ...change,
        actions: [{ op: 'set', attribute: 'seenAt', value: 1 }, ...change.actions.filter(action => !isSlot(action))],
      },
)

export const rateDefects: readonly Defect[] = [
  {
    name: 'slot of an idle gate whether it is idle or not',
    tamper: changing('bookAlone', change => ({ ...change, guard: change.guard.filter(clause => !isSlot(clause)) })),
    direct: ratesInChaos,
  },
  {
    name: 'slot that is taken stays free',
    tamper: slotStaysFree,
    direct: ratesInChaos,
  },
  {
    name: 'place without its slot',
    tamper: changing('takeIfFree', change => ({ ...change, guard: change.guard.filter(clause => !isSlot(clause)) })),
    direct: ratesInChaos,
  },
  {
    name: 'slots of a line are not taken from the gate',
    tamper: { records: swallowing('bookRowIfSeen') },
    direct: ratesCalm,
  },
  {
    name: 'slots of a line, whoever has booked since the gate was read',
    tamper: changing('bookRowIfSeen', change => ({ ...change, guard: [] })),
    direct: ratesBookedTwice,
  },
  {
    name: 'slot is not used up by its start',
    tamper: spoiling(starts, transition => {
      const { pass: _, ...set } = transition.set
      return { ...transition, set }
    }),
    direct: ratesInChaos,
  },
  {
    name: 'start without asking for its slot',
    tamper: spoiling(starts, transition => without(transition, 'pass')),
    direct: ratesInChaos,
  },
  {
    name: 'start in a slot of long ago',
    tamper: spoiling(starts, transition => ({
      ...transition,
      guard: transition.guard.filter(({ attribute, op }) => attribute !== 'scheduledAt' || op !== '>='),
    })),
    direct: ratesEdited,
  },
  {
    name: 'job with a slot is due at once',
    tamper: spoiling(['bookIfDispatched', 'dispatchBookedIfSeen'], (transition, proc) => ({
      ...transition,
      set: { ...transition.set, scheduledAt: proc.now() },
    })),
    direct: ratesInChaos,
  },
  {
    name: 'no tick books slots for a line',
    tamper: {
      records: replacing(inner => ({
        query: async query => (query.prefix === ticketPrefix ? emptyPage : inner.query(query)),
      })),
    },
    direct: ratesCalm,
  },
]
