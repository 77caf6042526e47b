/** Defects in the use cases and in what they ask of the ports. */

import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import { policyOf } from '../../../lib/core/definition/runner.ts'
import type { Job } from '../../../lib/core/job/job.ts'
import { messageOf, parseMessage } from '../../../lib/core/job/message.ts'
import { placementFor } from '../../../lib/core/transitions/enqueue.ts'
import type { Change } from '../../../lib/ports/job-store.ts'
import type { Telemetry } from '../../../lib/ports/telemetry.ts'
import { deletedAtOnce, frozenPuts, throttledEdits } from '../directed.ts'
import { halted, late } from '../themes.ts'
import { type Defect, misreading, SpoiltStore, spoiling, together, unguarded, without, withShards } from './defect.ts'

export const flowDefects: readonly Defect[] = [
  {
    name: 'early message dropped',
    tamper: {
      uses: real => ({
        runBatch: async (deps, handlers, invocation) => {
          const early = new Set<string>()
          const telemetry: Telemetry = {
            emit: event => {
              if (event.name === 'message_waits' && event.why === 'not due yet') early.add(event.id)
              deps.telemetry.emit(event)
            },
          }
          const kept = await real.runBatch({ ...deps, telemetry }, handlers, invocation)
          const ids = new Map(
            invocation.deliveries.map(({ messageId, body }) => [messageId, parseMessage(body)?.id ?? '']),
          )
          return kept.filter(messageId => !early.has(ids.get(messageId) ?? ''))
        },
      }),
    },
  },
  {
    name: 'startBy is not looked at when a job starts',
    direct: late,
    tamper: {
      store: (inner, proc) =>
        new (class extends SpoiltStore {
          override async apply(changes: readonly Change[]) {
            const outcomes = await this.inner.apply(changes)
            if (proc.kind !== 'worker') return outcomes
            return outcomes.map(one => (one.kind === 'applied' ? { ...one, job: without(one.job, 'startBy') } : one))
          }
        })(inner),
    },
  },
  {
    name: 'a worker does not ask whether its queue is paused',
    direct: halted,
    tamper: {
      uses: real => ({
        runBatch: (deps, ...of) => {
          const get = async () => [undefined]
          const records = Object.assign(Object.create(deps.records) as typeof deps.records, { get })
          return real.runBatch({ ...deps, records }, ...of)
        },
      }),
    },
  },
  {
    name: 'every message acknowledged',
    tamper: { uses: real => ({ runBatch: (...of) => real.runBatch(...of).then(() => []) }) },
  },
  {
    name: 'handler called again after a failure, in the same run',
    tamper: {
      uses: real => ({
        runBatch: (deps, handlers, ...of) => {
          const stubborn = handlers.map(({ contract, run }) => ({
            contract,
            run: async (input: never, ctx: RunContext) => {
              try {
                return await run(input, ctx)
              } catch {
                return await run(input, ctx)
              }
            },
          }))
          return real.runBatch(deps, stubborn, ...of)
        },
      }),
    },
  },
  {
    name: 'filter after limit',
    tamper: {
      store: inner =>
        new (class extends SpoiltStore {
          override async due(lane: string, until: number, limit: number) {
            const { rows } = await this.inner.due(lane, until, Math.min(limit, 3))
            const jobs = await this.inner.get(rows.map(({ id }) => id))
            return { rows: rows.filter((_, index) => jobs[index] !== undefined), next: undefined }
          }
        })(inner),
    },
  },
  {
    name: 'shards shrunk',
    tamper: { records: (inner, _, { runner }) => withShards(inner, queue => runner.queues[queue]?.shards) },
  },
  ...(['sweeper', 'worker', 'client'] as const).map(
    (kind): Defect => ({
      name: `a message of a ${kind} forgets the tenant`,
      tamper: {
        queue: (inner, proc) => ({
          setVisibility: (name, changes) => inner.setVisibility(name, changes),
          depth: name => inner.depth(name),
          send: (name, messages) =>
            inner.send(name, proc.kind === kind ? messages.map(one => ({ ...one, tenant: undefined })) : messages),
        }),
      },
    }),
  ),
  {
    name: 'parallel send for a known id',
    tamper: {
      store: (inner, proc, sim) =>
        new (class extends SpoiltStore {
          override async insert(jobs: readonly Job[]) {
            const { queue } = sim.depsFor(proc)
            const sendings = jobs.filter(({ id }) => sim.facts.jobs.has(id) && sim.table.raw(id) !== undefined)
            const [outcomes] = await Promise.all([
              this.inner.insert(jobs),
              ...sendings.map(job => {
                const { send } = placementFor(job.scheduledAt, proc.now(), policyOf(sim.runner, job.type))
                const delayMs = send?.delayMs ?? 0
                return queue.send(job.queue, [
                  { message: messageOf(job, job.lookAt ?? 0), tenant: job.tenant, delayMs },
                ])
              }),
            ])
            return outcomes
          }
        })(inner),
    },
  },
  {
    name: 'put resurrected after delete',
    tamper: together(
      spoiling(['deleteIfIdle'], unguarded('insertedAt')),
      misreading((job, { kind }) => (kind === 'operator' ? { ...job, insertedAt: 0 } : job)),
    ),
    direct: deletedAtOnce,
  },
  {
    name: 'put repeated however old',
    tamper: {
      uses: real => ({
        enqueueMany: (deps, requests) => {
          // To this client no time passes: what it put minutes ago is as fresh as ever.
          const now = deps.clock.now()
          const { clock } = deps
          const still = { now: () => now, sleep: clock.sleep.bind(clock), turn: clock.turn.bind(clock) }
          return real.enqueueMany({ ...deps, clock: still }, requests)
        },
      }),
    },
    direct: frozenPuts,
  },
  {
    name: 'console edit not adopted',
    tamper: { uses: () => ({ startAvailable: () => Promise.resolve([]) }) },
  },
  {
    name: 'dispatcher hides its failures',
    tamper: { uses: real => ({ startAvailable: (...of) => real.startAvailable(...of).then(() => []) }) },
    direct: throttledEdits,
  },
  {
    name: 'failed send not pulled back',
    tamper: spoiling(['pullIfMine'], transition => ({ ...transition, guard: [{ attribute: 'fence', op: 'absent' }] })),
  },
  { name: 'no sweeper', tamper: { uses: () => ({ tick: () => Promise.reject(new Error('no sweeper')) }) } },
  {
    name: 'one damaged item fails the tick',
    // Rows that cannot be read, and a job that only a tick brings back.
    direct: plan => ({
      ...plan,
      profile: 'directed',
      rates: { sendLost: 0.5 },
      acts: [
        { act: 'damaged', which: 0, atMs: 1_000, delayMs: 0 },
        { act: 'foreign', which: 0, atMs: 20_000, delayMs: 1_200_000 },
      ],
    }),
    tamper: {
      store: (inner, { kind }) =>
        new (class extends SpoiltStore {
          override async get(ids: readonly string[]) {
            const jobs = await this.inner.get(ids)
            if (kind === 'sweeper' && jobs.includes(undefined)) throw new Error('an item that is no job')
            return jobs
          }
        })(inner),
    },
  },
  {
    name: 'idempotency key salted',
    tamper: {
      uses: real => ({
        enqueueMany: (deps, requests) =>
          real.enqueueMany(
            deps,
            requests.map(({ idempotencyKey: key, ...rest }) =>
              key === undefined ? rest : { ...rest, idempotencyKey: `${key}${Math.floor(deps.clock.now() / 1_000)}` },
            ),
          ),
      }),
    },
  },
]
