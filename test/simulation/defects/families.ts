/** Defects of jobs that wait for others. */
import { isTerminal, type Job } from '../../../lib/core/job/job.ts'
import type { StoredRecord } from '../../../lib/core/records/record.ts'
import type { Change, ChangeOutcome, InsertOutcome, JobParts } from '../../../lib/ports/job-store.ts'
import type { RecordUpdate } from '../../../lib/ports/record-store.ts'
import { batches, batchesCalm } from '../batches.ts'
import { families } from '../families.ts'
import type { Tamper } from '../sim.ts'
import { type Defect, misreading, SpoiltStore, spoiling, without } from './defect.ts'
import { replacing as recordsWith } from './gates.ts'
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

const counted: Tamper = {
  records: (inner, proc, sim) => {
    const one = (update: RecordUpdate): RecordUpdate => {
      const pending = sim.records.read(update.key)?.attributes['pending']
      return isGroup(update.key.part) && pending instanceof Set ? counting(update, [...pending]) : update
    }
    const tamper = replacing(() => ({ update: updates => inner.update(updates.map(one)) }))
    return tamper.records?.(inner, proc, sim) ?? inner
  },
}

const groupLate = replacing(inner => {
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
})

/** A worker to which no item says that its job follows a batch. */
const unaware: Tamper = {
  store: (inner, proc) =>
    new (class extends SpoiltStore {
      override async apply(changes: readonly Change[]) {
        const outcomes = await this.inner.apply(changes)
        if (proc.kind !== 'worker') return outcomes
        return outcomes.map(
          (outcome): ChangeOutcome =>
            outcome.kind === 'applied' ? { ...outcome, job: without(outcome.job, 'batch') } : outcome,
        )
      }
    })(inner),
}

/** A client that takes each job that it looks for to be there. */
const credulous: Tamper = {
  store: (inner, proc) =>
    new (class extends SpoiltStore {
      override async get(ids: readonly string[], parts?: JobParts) {
        const jobs = await this.inner.get(ids, parts)
        return proc.kind === 'client' ? jobs.map((job, index) => job ?? ({ id: ids[index] } as Job)) : jobs
      }
    })(inner),
}

/** A client whose last put is lost, and told to be there. */
const forgetful: Tamper = {
  store: (inner, proc) =>
    new (class extends SpoiltStore {
      override insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
        const isLost = proc.kind === 'client' && jobs.some(({ batch }) => batch !== undefined)
        return isLost ? Promise.resolve(jobs.map(() => ({ kind: 'inserted' }))) : this.inner.insert(jobs)
      }
    })(inner),
}

/** A recorder to which each group has a job left. */
const neverDone = recordsWith((inner, { kind }) => {
  const undone = (record: StoredRecord): StoredRecord =>
    kind === 'recorder' && isGroup(record.part) && record.attributes['of'] !== undefined
      ? { ...record, attributes: { ...record.attributes, pending: new Set([0]) } }
      : record
  return {
    update: async updates =>
      (await inner.update(updates)).map(outcome =>
        outcome.kind === 'failed' || outcome.record === undefined
          ? outcome
          : { ...outcome, record: undone(outcome.record) },
      ),
    get: async keys => (await inner.get(keys)).map(record => (record === undefined ? undefined : undone(record))),
  }
})

export const familyDefects: readonly Defect[] = [
  {
    name: 'children are counted, not taken out of a set',
    direct: families,
    tamper: counted,
  },
  {
    name: 'children are made before their group',
    direct: families,
    tamper: groupLate,
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
  {
    name: 'what follows a batch does not look whether its jobs have ended',
    direct: batches,
    tamper: unaware,
  },
  {
    name: 'a batch that is asked for again leaves out what is missing',
    direct: batches,
    tamper: credulous,
  },
  {
    name: 'what is to follow a batch is never put',
    direct: batches,
    tamper: forgetful,
  },
  {
    name: 'the jobs of a batch are made before its group',
    direct: batches,
    tamper: groupLate,
  },
  {
    name: 'jobs of a batch are counted, not taken out of a set',
    direct: batches,
    tamper: counted,
  },
  {
    name: 'nobody wakes what follows a batch',
    direct: batchesCalm,
    tamper: { records: neverDone },
  },
]

/** A year from the worlds' beginning. */
const farAway = 1_830_297_600_000
