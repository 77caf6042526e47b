/** Defects of limits of whole queues. */
import { ticketPrefix } from '../../../lib/core/records/keys.ts'
import { queueGates, queueGatesAlone } from '../gate-themes.ts'
import { queueRates, queueRatesCalm } from '../rate-themes.ts'
import type { Tamper } from '../sim.ts'
import type { Defect } from './defect.ts'
import { changing, emptyPage, replacing } from './gates.ts'
import { slotStaysFree } from './rates.ts'

/** Workers that never see what people have set of queues. */
const ignorant: Tamper = {
  records: replacing((inner, { kind }) => ({
    get: async keys => {
      const found = await inner.get(keys)
      if (kind !== 'worker') return found
      return found.map(record => {
        if (record?.attributes['limits'] === undefined) return record
        const { limits: _, ...attributes } = record.attributes
        return { ...record, attributes }
      })
    },
  })),
}

export const queueLimitDefects: readonly Defect[] = [
  {
    name: 'a limit that is raised hands nothing on',
    tamper: {
      records: replacing((inner, { kind }) => ({
        query: async query => (kind === 'operator' && query.prefix === ticketPrefix ? emptyPage : inner.query(query)),
      })),
    },
    direct: queueGatesAlone,
  },
  {
    name: 'a job from before the limit starts without it',
    tamper: ignorant,
    direct: queueGates,
  },
  {
    name: 'a job from before the rate of its queue starts without a slot',
    tamper: ignorant,
    direct: queueRates,
  },
  {
    name: 'slot of a queue that is taken stays free',
    tamper: slotStaysFree,
    direct: queueRatesCalm,
  },
  {
    name: 'a promise holds although the limit was lowered',
    tamper: changing('takeOverIfSeen', change => ({
      ...change,
      guard: change.guard.filter(({ op }) => op !== 'sizeBelow'),
    })),
    direct: queueGates,
  },
]
