/** Defects of jobs that wait for others. */
import { isTerminal } from '../../../lib/core/job/job.ts'
import type { RecordUpdate } from '../../../lib/ports/record-store.ts'
import { families } from '../families.ts'
import { type Defect, misreading, spoiling } from './defect.ts'
import { replacing } from './workflows.ts'

const isGroup = (part: string): boolean => part.startsWith('group#')

/** Takes out as many as it is told, whoever they are: a repetition counts twice. */
function counting({ key, change }: RecordUpdate, pending: readonly number[]): RecordUpdate {
  if (!('actions' in change)) return { key, change }
  const [action] = change.actions
  if (action.op !== 'deleteNumbers') return { key, change }
  const numbers = pending.slice(0, action.numbers.length)
  return {
    key,
    change: { ...change, actions: [{ ...action, numbers: numbers.length === 0 ? action.numbers : numbers }] },
  }
}

export const familyDefects: readonly Defect[] = [
  {
    name: 'children are counted, not taken out of a set',
    direct: families,
    tamper: {
      records: (inner, proc, sim) => {
        const counted = (update: RecordUpdate): RecordUpdate => {
          const pending = sim.records.read(update.key)?.attributes['pending']
          return isGroup(update.key.part) && pending instanceof Set ? counting(update, [...pending]) : update
        }
        const tamper = replacing(() => ({ update: updates => inner.update(updates.map(counted)) }))
        return tamper.records?.(inner, proc, sim) ?? inner
      },
    },
  },
  {
    name: 'children are made before their group',
    direct: families,
    tamper: replacing(inner => {
      const late: Parameters<typeof inner.putIfAbsent>[0][] = []
      return {
        putIfAbsent: records => {
          if (!isGroup(records[0]?.part ?? '')) return inner.putIfAbsent(records)
          late.push(records)
          return Promise.resolve(records.map(() => ({ kind: 'put' }) as const))
        },
        get: async keys => {
          for (const records of late.splice(0)) await inner.putIfAbsent(records)
          return inner.get(keys)
        },
      }
    }),
  },
  {
    name: 'a parent does not look for itself',
    direct: families,
    tamper: spoiling(['suspendIfOwner'], transition =>
      transition.set.state === 'WAITING'
        ? { ...transition, set: { ...transition.set, lookAt: farAway, scheduledAt: farAway } }
        : transition,
    ),
  },
  {
    name: 'a group is joined although a chunk of it is open',
    direct: families,
    tamper: replacing(inner => ({
      get: async keys => {
        const records = await inner.get(keys)
        return records.map(record => {
          if (record === undefined || !isGroup(record.part) || record.attributes['of'] === undefined) return record
          const { pending: _, ...attributes } = record.attributes
          return { ...record, attributes }
        })
      },
    })),
  },
  {
    name: 'a child that is bound takes its parent for one that goes on',
    direct: families,
    tamper: misreading((job, proc) =>
      proc.kind === 'worker' && job.type === 't0' && isTerminal(job.state) ? { ...job, state: 'IN_PROGRESS' } : job,
    ),
  },
]

/** A year from the worlds' beginning. */
const farAway = 1_830_297_600_000
