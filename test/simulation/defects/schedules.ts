/** Defects of schedules. */
import { isTerminal, type Job } from '../../../lib/core/job/job.ts'
import { setIfSeen } from '../../../lib/core/records/control.ts'
import { controlKey } from '../../../lib/core/records/keys.ts'
import { definitionsHash } from '../../../lib/core/schedule/definition.ts'
import { recordsOver } from '../../support/store-over.ts'
import { outage, punctual, redeployed } from '../schedule-themes.ts'
import { type Defect, SpoiltStore } from './defect.ts'

export const scheduleDefects: readonly Defect[] = [
  {
    name: 'a schedule advances before its jobs are there',
    direct: redeployed,
    tamper: {
      store: (inner, proc, sim) =>
        new (class extends SpoiltStore {
          override insert(jobs: readonly Job[]) {
            if (proc.kind !== 'sweeper') return this.inner.insert(jobs)
            sim.loop.after(2_000, () => proc.resume(() => void this.inner.insert(jobs)))
            return Promise.resolve(jobs.map(() => ({ kind: 'inserted' as const })))
          }
        })(inner),
    },
  },
  {
    name: 'overlap is decided when the job is enqueued',
    direct: punctual,
    tamper: {
      store: (inner, _, sim) =>
        new (class extends SpoiltStore {
          override insert(jobs: readonly Job[]) {
            return this.inner.insert(
              jobs.map(job => {
                const before = sim.table.raw(job.after ?? '')
                const isClear = before?.state === undefined || isTerminal(before.state) || before.attempt === 0
                const { overlap: _overlap, ...free } = job
                return isClear ? free : job
              }),
            )
          }
        })(inner),
    },
  },
  {
    name: 'the hash of all definitions is written before they are',
    direct: redeployed,
    tamper: {
      records: (inner, proc, sim) =>
        recordsOver(inner, {
          async get(keys) {
            const found = await inner.get(keys)
            const seen = found.find(record => record?.id === controlKey.id)?.attributes['scheduleHash']
            const hash = definitionsHash(sim.facts.of(proc).runner?.schedules ?? [])
            if (proc.kind === 'sweeper' && keys.some(({ id }) => id === controlKey.id) && seen !== hash) {
              const change = setIfSeen('scheduleHash', typeof seen === 'string' ? seen : undefined, hash)
              await inner.update([{ key: controlKey, change }])
            }
            return found
          },
        }),
    },
  },
  {
    name: 'jitter is drawn anew by each sweeper',
    direct: punctual,
    tamper: {
      store: (inner, _, sim) =>
        new (class extends SpoiltStore {
          override insert(jobs: readonly Job[]) {
            const drawn = (job: Job): Job =>
              job.schedule === 'even' && job.occurrence !== undefined
                ? { ...job, scheduledAt: job.occurrence + sim.chance.int(0, 30_000) }
                : job
            return this.inner.insert(jobs.map(drawn))
          }
        })(inner),
    },
  },
  {
    name: 'schedules stay where the zones of the year before had them',
    direct: outage,
    tamper: {
      uses: real => ({ tick: (deps, endAt) => real.tick({ ...deps, timeZones: '2026b' }, endAt) }),
    },
  },
]
