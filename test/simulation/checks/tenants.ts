import type { RawJob } from '../../../lib/core/job/job.ts'
import { tenantOfInput } from '../handlers.ts'
import type { Check } from './check.ts'

export const tenantsTold: Check = {
  invariant: 'I35',
  what: 'each message says for whom its job runs, as the item says, as the contract says',
  looks: ({ table, facts }) => {
    const finding = (id: string, item: RawJob) => {
      const { sentFor } = facts.job(id)
      const expected = tenantIn(item)
      return item.tenant === expected && sentFor === expected
        ? undefined
        : `a message for ${id} names tenant ${sentFor}; its item has ${item.tenant}, its contract gives ${expected}`
    }
    return {
      sent({ id }) {
        const item = table.raw(id)
        return item === undefined ? undefined : finding(id, item)
      },
      // The message of a fresh job may overtake its put.
      wrote({ id, kind, after }) {
        const { sends } = facts.job(id)
        return kind === 'insert' && sends > 0 && after !== undefined ? finding(id, after) : undefined
      },
    }
  },
}

function tenantIn({ input = '' }: RawJob): string | undefined {
  try {
    return tenantOfInput(JSON.parse(input) as object)
  } catch {
    return undefined
  }
}
