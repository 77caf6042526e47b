/** Defects of limits of whole queues. */
import { ticketPrefix } from '../../../lib/core/records/keys.ts'
import { queueGates, queueGatesAlone } from '../gate-themes.ts'
import type { Defect } from './defect.ts'
import { changing, emptyPage, replacing } from './gates.ts'

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
    tamper: {
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
    },
    direct: queueGates,
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
