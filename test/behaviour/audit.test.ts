import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { AuditView } from '../../lib/app/lookup/audit.ts'
import { actNames } from '../../lib/app/operate/acts.ts'
import type { Client } from '../../lib/client/client.ts'
import { createClient } from '../../lib/client/create-client.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createHttpApp } from '../../lib/http/app.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const work = defineJob({ type: 'work', input: v.unknown() })
const runner = defineRunner({ jobs: [work] })
const kit = (actor?: string): TestRunner =>
  createTestRunner({
    runner,
    handlers: [handle(work, () => undefined)],
    startAt,
    ...(actor === undefined ? {} : { actor }),
  })

const isAudit = ({ id }: { readonly id: string }): boolean => id.startsWith('#audit/')
const entries = async (test: TestRunner): Promise<readonly AuditView[]> => (await test.audit({ limit: 100 })).acts
const schedule = { type: 'work', every: '1h', input: 'a secret' } as const

/** Every act there is, each once: it must be done, and is named by what it was done to. */
const acting: { readonly [Name in (typeof actNames)[number]]: (test: TestRunner) => Promise<string> } = {
  cancel: async test => {
    const { id } = await test.enqueue(work, 1, { delay: '1h' })
    await test.cancel(id)
    return id
  },
  retry: async test => {
    const { id } = await test.enqueue(work, 1)
    await test.drain()
    await test.requeue(id, { input: 'a secret', delay: '5m' })
    return id
  },
  run: async test => {
    const { id } = await test.enqueue(work, 1, { delay: '1h' })
    await test.runNow(id)
    return id
  },
  reschedule: async test => {
    const { id } = await test.enqueue(work, 1, { delay: '1h' })
    await test.reschedule(id, { delay: '2h' })
    return id
  },
  delete: async test => {
    const { id } = await test.enqueue(work, 1)
    await test.advance('6m')
    await test.delete(id)
    return id
  },
  pause: async test => {
    await test.queues.pause('default', { why: 'SMTP is down' })
    return 'default'
  },
  scale: async test => {
    await test.queues.scale('default', 40)
    return 'default'
  },
  limit: async test => {
    await test.queues.limit('default', { concurrency: 1 })
    return 'default'
  },
  resume: async test => {
    await test.queues.pause('default')
    await test.queues.resume('default')
    return 'default'
  },
  startBulk: async test => {
    await test.bulk.start({ action: 'cancel', filter: { queue: 'default' } })
    return 'default'
  },
  cancelBulk: async test => {
    const { id } = await test.bulk.start({ action: 'cancel' })
    await test.bulk.cancel(id)
    return id
  },
  backfill: async test => {
    await test.schedules.put('nightly', schedule)
    await test.schedules.backfill('nightly', { from: new Date(0), to: new Date(3_600_000) })
    return 'nightly'
  },
  putSchedule: async test => {
    await test.schedules.put('nightly', schedule)
    return 'nightly'
  },
  pauseSchedule: async test => {
    await test.schedules.put('nightly', schedule)
    await test.schedules.pause('nightly')
    return 'nightly'
  },
  resumeSchedule: async test => {
    await test.schedules.put('nightly', schedule)
    await test.schedules.pause('nightly')
    await test.schedules.resume('nightly')
    return 'nightly'
  },
  runSchedule: async test => {
    await test.schedules.put('nightly', schedule)
    await test.schedules.runNow('nightly')
    return 'nightly'
  },
  deleteSchedule: async test => {
    await test.schedules.put('nightly', schedule)
    await test.schedules.deleteAll()
    return 'nightly'
  },
}

describe('each act leaves one record of who did it', () => {
  it.each(actNames)('%s', async act => {
    const test = kit('alice')
    const target = await acting[act](test)
    const found = (await entries(test)).filter(entry => entry.act === act)
    expect(found).toHaveLength(1)
    const [{ at, actor, job, queue, schedule: name } = {} as Partial<AuditView>] = found
    expect([at, actor]).toEqual([new Date(test.clock.now()).toISOString(), 'alice'])
    expect([job, queue, name]).toContain(target)
    expect(JSON.stringify(found)).not.toContain('a secret')
  })

  it('names a job with its type and its queue, and what was asked for', async () => {
    const test = kit('alice')
    const id = await acting.retry(test)
    expect((await entries(test))[0]).toEqual({
      at: new Date(test.clock.now()).toISOString(),
      actor: 'alice',
      act: 'retry',
      job: id,
      type: 'work',
      queue: 'default',
      options: { delay: '5m', input: 'given' },
    })
  })

  it('costs one record, kept for 90 days', async () => {
    const test = kit('alice')
    await test.queues.pause('default')
    const records = test.records.all().filter(isAudit)
    expect(records).toHaveLength(1)
    expect(records[0]?.attributes['ttl']).toBe(Math.ceil((test.clock.now() + 90 * 86_400_000) / 1_000))
  })

  it('a pause says who, unless somebody else is named', async () => {
    const test = kit('alice')
    await test.queues.pause('default')
    expect(await test.queues.get('default')).toMatchObject({ paused: { by: 'alice' } })
    await test.queues.resume('default')
    await test.queues.pause('default', { by: 'bob' })
    expect(await test.queues.get('default')).toMatchObject({ paused: { by: 'bob' } })
  })
})

describe('no record', () => {
  it('without an actor', async () => {
    const test = kit()
    for (const act of actNames) await acting[act](kit())
    await test.queues.pause('default')
    expect(test.records.all().filter(isAudit)).toEqual([])
  })

  it('of an act that changed nothing: refused, done already, of nobody', async () => {
    const test = kit('alice')
    const { id } = await test.enqueue(work, 1)
    await test.drain()
    await test.cancel(id)
    await test.cancel('nobody')
    await test.queues.resume('default')
    await test.queues.pause('nowhere')
    await test.schedules.pause('nightly')
    await expect(test.requeue(id, { delay: '-1s' } as never)).rejects.toThrow('delay')
    expect(await entries(test)).toEqual([])
  })
})

it('an act that is done stays done where its record cannot be written: the log has it', async () => {
  const test = kit()
  const records: RecordStore = Object.create(test.records)
  Object.assign(records, { putIfAbsent: async () => [{ kind: 'failed', error: new Error('throttled') }] })
  const { id } = await test.enqueue(work, 1, { delay: '1h' })
  const app = createHttpApp({ ...test.deps, records }, () => {})
  const request = new Request(`http://x/v1/jobs/${id}/cancel`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  expect((await app.fetch(request)).status).toBe(200)
  expect(test.events.filter(({ name }) => name === 'audit_failed')).toEqual([
    { name: 'audit_failed', actor: 'anonymous', act: 'cancel', on: id, error: 'throttled' },
  ])
})

describe('the list', () => {
  /** 250 acts in five days: alice pauses and resumes, and cancels. */
  async function worked() {
    const test = kit('alice')
    for (let day = 0; day < 5; day += 1) {
      for (let turn = 0; turn < 25; turn += 1) {
        await test.queues.pause('default')
        await test.queues.resume('default')
        await test.advance('1s')
      }
      await test.advance('1d')
    }
    return test
  }

  it('is of a week, the newest first, each once, page by page', async () => {
    const test = await worked()
    const found: AuditView[] = []
    let cursor: string | undefined
    do {
      const page: Awaited<ReturnType<Client['audit']>> = await test.audit({
        limit: 30,
        ...(cursor === undefined ? {} : { cursor }),
      })
      expect(page.acts.length).toBeLessThanOrEqual(30)
      found.push(...page.acts)
      cursor = page.next
    } while (cursor !== undefined)
    expect(found).toHaveLength(250)
    expect(found.map(({ at }) => at)).toEqual(
      found
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    )
  }, 60_000)

  it('by time, job, queue, schedule and actor', async () => {
    const test = kit('alice')
    const id = await acting.cancel(test)
    await test.advance('1h')
    const later = new Date(test.clock.now())
    await test.advance('1h')
    await acting.pauseSchedule(test)
    const actsOf = async (options: Parameters<Client['audit']>[0]) =>
      (await test.audit(options)).acts.map(({ act }) => act).toSorted()
    expect(await actsOf({ job: id })).toEqual(['cancel'])
    expect(await actsOf({ queue: 'default' })).toEqual(['cancel'])
    expect(await actsOf({ schedule: 'nightly' })).toEqual(['pauseSchedule', 'putSchedule'])
    expect(await actsOf({ actor: 'bob' })).toEqual([])
    expect(await actsOf({ from: later })).toEqual(['pauseSchedule', 'putSchedule'])
    expect(await actsOf({ to: later.toISOString() })).toEqual(['cancel'])
  })

  it.each([
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2027-02-01T00:00:00Z', to: '2027-01-01T00:00:00Z' }, 'from'],
    [{ job: '' }, 'job'],
    [{ limit: 101 }, 'limit'],
    [{ cursor: 'abc' }, 'cursor'],
    [{ cursor: Buffer.from('["x","2027-13-01T00:00:00.000Z"]').toString('base64url') }, 'cursor'],
    [{ whom: 'x' }, 'whom'],
  ])('refuses %j', async (options, field) => {
    await expect(kit().audit(options as never)).rejects.toThrow(field)
  })

  it('refuses the cursor of a list with other options', async () => {
    const test = kit('alice')
    await acting.resume(test)
    const { next } = await test.audit({ limit: 1 })
    await expect(test.audit({ limit: 1, actor: 'alice', cursor: String(next) })).rejects.toThrow('other options')
  })
})

it('over HTTP: who, as the gateway knows it, and the list', async () => {
  const test = kit()
  const app = createHttpApp(test.deps, () => {})
  const headers = { 'content-type': 'application/json', 'x-actor': 'mallory' }
  const body = '{"paused":{}}'
  await app.fetch(new Request('http://x/v1/queues/default', { method: 'PATCH', headers, body }), {
    caller: 'arn:alice',
  })
  const answer = await app.fetch(new Request('http://x/v1/audit?queue=default'))
  expect([answer.status, await answer.json()]).toMatchObject([200, { acts: [{ act: 'pause', actor: 'arn:alice' }] }])
  expect((await app.fetch(new Request('http://x/v1/audit?whom=x'))).status).toBe(400)
})

it.each(['', 5, 'x'.repeat(257)])('a client refuses the actor %j', actor => {
  const names = { table: 'a', records: 'b', queues: { default: 'https://sqs.invalid/q' } }
  expect(() => createClient({ runner, ...names, actor: actor as string })).toThrow('actor')
})
