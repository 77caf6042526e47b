/** Defects of windows: each leaves jobs in line, or passes over the urgent. */
import { ticketPrefix } from '../../../lib/core/records/keys.ts'
import { neverAt } from '../../../lib/core/records/schedule-record.ts'
import { windows, windowsAlone, windowsDue } from '../window-themes.ts'
import { type Defect, spoiling, unguarded } from './defect.ts'
import { emptyPage, replacing, swallowing } from './gates.ts'

export const windowDefects: readonly Defect[] = [
  {
    name: 'worker hands on nothing when it has finished',
    tamper: {
      records: replacing((inner, { kind }) => ({
        query: async query => (kind === 'worker' && query.prefix === ticketPrefix ? emptyPage : inner.query(query)),
      })),
    },
    direct: windowsAlone,
  },
  {
    name: 'no tick looks at the line before a queue',
    tamper: {
      records: replacing((inner, { kind }) => ({
        query: async query => (kind === 'sweeper' && query.prefix === ticketPrefix ? emptyPage : inner.query(query)),
      })),
    },
    direct: windows,
  },
  { name: 'job beyond the window without a ticket', tamper: { records: swallowing('queueUp') }, direct: windows },
  {
    name: 'the last in line goes first',
    tamper: {
      records: replacing(inner => ({
        query: query => inner.query(query.prefix === ticketPrefix ? { ...query, isDescending: true } : query),
      })),
    },
    direct: windowsAlone,
  },
  {
    name: 'ticket of a job that waits is taken for one of nobody',
    tamper: {
      records: replacing(inner => ({
        query: async query => {
          const page = await inner.query(query)
          if (query.prefix !== ticketPrefix || !query.id.startsWith('#queue/')) return page
          return {
            ...page,
            records: page.records.map(one => ({ ...one, attributes: { ...one.attributes, job: 'x' } })),
          }
        },
      })),
    },
    direct: windowsAlone,
  },
  {
    name: 'due job joins the line by its id alone',
    tamper: spoiling(['joinLineIfSeen'], unguarded('state', 'fence', 'lookAt')),
    direct: windowsDue,
  },
  {
    name: 'due job joins the line and is looked at no more',
    tamper: spoiling(['joinLineIfSeen'], transition => ({
      ...transition,
      set: { ...transition.set, lookAt: neverAt },
    })),
    direct: windowsDue,
  },
]
