import { isTerminal } from '../../../lib/core/job/job.ts'
import { nextOf } from '../../../lib/core/transitions/unique.ts'
import type { Check } from './check.ts'

const calledOff = ['cancelIfSeen', 'requestCancelIfRunning']

export const eachNextBegins: Check = {
  invariant: 'I21',
  what: 'a job that is to follow under its unique key begins when the one before has ended, unless a newer one takes its place or it is called off',
  looks: ({ table }) => ({
    wrote({ id, kind, before, after, transition }) {
      if (kind !== 'change' || after === undefined || before === undefined) return undefined
      if (after.next !== undefined && after.state !== undefined && isTerminal(after.state)) {
        const isFound = after.lane?.includes('#live#') === true && after.ttl === undefined
        if (!isFound) return `${id} is ${after.state} where no sweeper looks, and another job is to follow it`
      }
      if (before.next === undefined || after.next !== undefined) return undefined
      if (calledOff.includes(transition?.name ?? '')) return undefined
      const isBegun = transition?.name === 'beginNextIfEnded' && nextOf(before)?.request === after.request
      return isBegun ? undefined : `${transition?.name} loses the job that is to follow ${id}`
    },
    atEnd() {
      for (const { id, state, next } of table.items()) {
        if (next !== undefined && state !== undefined && isTerminal(state))
          return `what is to follow ${id} never begins`
      }
      return undefined
    },
  }),
}

export const onlyWaitingReplaced: Check = {
  invariant: 'I21',
  what: 'a job gets another input before its first start, or with a new generation, and never in between',
  looks: () => ({
    wrote({ id, kind, before, after, transition }) {
      if (kind !== 'change' || before === undefined || after === undefined) return undefined
      if (before.input === after.input || (before.generation ?? 1) !== (after.generation ?? 1)) return undefined
      const hasStarted = before.state === 'IN_PROGRESS' || (before.attempt ?? 0) > 0
      return hasStarted ? `${transition?.name} changes the input of ${id}, which has started` : undefined
    },
  }),
}
