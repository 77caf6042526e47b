import type { Check } from './check.ts'

export const moneyConserved: Check = {
  invariant: 'I26',
  what: 'money is neither made nor lost, and no transfer is applied twice in one generation',
  looks: ({ bank }) => ({
    wrote({ id, transition }) {
      if (transition?.row === 'T10' || bank.isWhole) return undefined
      return `${id}: the accounts hold ${bank.total}`
    },
    atEnd() {
      if (!bank.isWhole) return `the accounts hold ${bank.total}`
      const twice = [...bank.applied].find(([, times]) => times > 1)
      return twice === undefined ? undefined : `the transfer of ${twice[0]} was applied ${twice[1]} times`
    },
  }),
}

export const committedOnlyTogether: Check = {
  invariant: 'I26',
  what: 'a job whose handler commits is completed by its commit, and every commit completes its job',
  looks: ({ bank, facts }) => {
    const committed = new Map<string, number>()
    return {
      wrote({ id, before, transition }) {
        const owner = before?.owner ?? ''
        if (transition?.row === 'T9' && facts.runs.get(owner)?.hasCommitted === true) {
          return `${id} is completed by ${owner} without what its handler meant to commit`
        }
        if (transition?.row !== 'T10') return undefined
        const key = `${id} ${before?.generation ?? 1}`
        committed.set(key, (committed.get(key) ?? 0) + 1)
        return undefined
      },
      atEnd() {
        for (const [key, times] of committed) {
          if (bank.applied.get(key) !== times) return `${key}: ${times} commits, ${bank.applied.get(key)} transfers`
        }
        return undefined
      },
    }
  },
}
