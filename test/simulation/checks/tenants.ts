import type { RawJob } from '../../../lib/core/job/job.ts'
import { tenantOfInput } from '../handlers.ts'
import type { Check } from './check.ts'

/** A process may send what it wrote, or read, so long ago: the job may have got another input since, and another tenant. */
const onItsWayMs = 60_000

export const tenantsTold: Check = {
  invariant: 'I35',
  what: 'each message says for whom its job runs, as the item says, as the contract says',
  looks: ({ table, facts, loop }) => {
    const former = new Map<string, { readonly tenant: string | undefined; readonly at: number }>()
    const wasRight = (id: string): boolean => {
      const last = former.get(id)
      return last !== undefined && last.tenant === facts.job(id).sentFor && loop.now - last.at <= onItsWayMs
    }
    const finding = (id: string, item: RawJob) => {
      const { sentFor } = facts.job(id)
      const expected = tenantIn(item)
      return item.tenant === expected && (sentFor === expected || wasRight(id))
        ? undefined
        : `a message for ${id} names tenant ${sentFor}; its item has ${item.tenant}, its contract gives ${expected}`
    }
    return {
      sent({ id }) {
        const item = table.raw(id)
        return item === undefined ? undefined : finding(id, item)
      },
      // The message of a fresh job may overtake its put.
      wrote({ id, kind, before, after }) {
        if (before !== undefined && before.tenant !== after?.tenant)
          former.set(id, { tenant: before.tenant, at: loop.now })
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
