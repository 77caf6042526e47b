import * as v from 'valibot'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { namesFrom } from '../../../lib/aws/connect.ts'
import { createClient, defineJob, defineRunner, handle } from '../../../lib/index.ts'
import { type Engines, startEngines } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'

const greet = defineJob({ type: 'greet', input: v.object({ name: v.string() }) })
const runner = defineRunner({ jobs: [greet] })
const handlers = [handle(greet, ({ name }) => `hello ${name}`)]

describe('on the embedded engines', () => {
  let engines: Engines
  beforeAll(async () => {
    engines = await startEngines(['default'])
  })
  afterAll(() => engines.stop())

  const client = () => createClient({ runner, ...engines.names })
  const work = () => pump(engines.deps(runner), handlers, 'default', engines.names.queues['default'] ?? '')

  it('enqueues, and reads the result once a worker has run', async () => {
    const { id, state, created } = await client().enqueue(greet, { name: 'Ada' })
    expect({ state, created }).toEqual({ state: 'RESERVED', created: true })
    await work()
    expect(await client().get(id)).toMatchObject({
      state: 'COMPLETED',
      result: 'hello Ada',
      input: { name: 'Ada' },
      attempt: 1,
    })
  })

  it('takes names from the environment', async () => {
    vi.stubEnv('LAMPLIGHTER_TABLE', engines.names.table)
    vi.stubEnv('LAMPLIGHTER_RECORDS', engines.names.records)
    vi.stubEnv('LAMPLIGHTER_QUEUES', JSON.stringify(engines.names.queues))
    const { id } = await createClient({ runner }).enqueue(greet, { name: 'Bo' }, { delay: '1h' })
    expect(await client().get(id)).toMatchObject({ state: 'SCHEDULED' })
  })

  it('reschedules, runs now, cancels and requeues', async () => {
    const { id } = await client().enqueue(greet, { name: 'Cy' }, { delay: '1h' })
    expect(await client().reschedule(id, { delay: '2h' })).toEqual({ kind: 'placed', state: 'SCHEDULED' })
    expect(await client().cancel(id)).toEqual({ kind: 'cancelled' })
    expect(await client().requeue(id, { delay: '1h' })).toEqual({ kind: 'placed', state: 'SCHEDULED' })
    expect(await client().runNow(id)).toEqual({ kind: 'placed', state: 'RESERVED' })
    await work()
    expect(await client().get(id)).toMatchObject({ state: 'COMPLETED', generation: 2, result: 'hello Cy' })
    expect(await client().cancel(id)).toMatchObject({ kind: 'notPossible', state: 'COMPLETED' })
    expect(await client().delete(id)).toMatchObject({
      kind: 'notPossible',
      why: expect.stringContaining('five minutes'),
    })
    expect(await client().delete('nobody')).toEqual({ kind: 'notFound' })
  })

  it('makes one job of concurrent calls under one idempotency key', async () => {
    const calls = await Promise.all(
      Array.from({ length: 6 }, () => client().enqueue(greet, { name: 'Di' }, { idempotencyKey: 'd' })),
    )
    expect(new Set(calls.map(({ id }) => id)).size).toBe(1)
    expect(calls.filter(({ created }) => created)).toHaveLength(1)
    await expect(client().enqueue(greet, { name: 'Ed' }, { idempotencyKey: 'd' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    })
  })

  it('refuses bad input before anything leaves the process', async () => {
    engines.dynamo.reset()
    engines.sqs.reset()
    await expect(client().enqueue(greet, { name: 1 } as never)).rejects.toMatchObject({ code: 'input_refused' })
    await expect(client().enqueue(greet, { name: 'x'.repeat(500_000) })).rejects.toMatchObject({
      code: 'job_too_large',
    })
    await expect(client().enqueue(greet, { name: 'x' }, { runAt: 'soon' })).rejects.toMatchObject({ field: 'runAt' })
    expect(engines.dynamo.requests.size + engines.sqs.requests.size).toBe(0)
  })

  it('takes the largest input that fits, and runs it', async () => {
    const name = 'ä'.repeat(198_650)
    const { id } = await client().enqueue(greet, { name })
    const short = handle(greet, input => input.name.length)
    await pump(engines.deps(runner), [short], 'default', engines.names.queues['default'] ?? '')
    expect(await client().get(id)).toMatchObject({ state: 'COMPLETED', result: 198_650 })
  })

  it('says Unavailable when the table does not exist', async () => {
    const lost = createClient({ runner, table: 'no-such-table', queues: engines.names.queues })
    await expect(lost.enqueue(greet, { name: 'x' })).rejects.toMatchObject({ code: 'unavailable' })
    await expect(lost.get('x')).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('names', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    [{}, 'LAMPLIGHTER_TABLE'],
    [{ LAMPLIGHTER_TABLE: 't' }, 'LAMPLIGHTER_RECORDS'],
    [{ LAMPLIGHTER_TABLE: 't', LAMPLIGHTER_RECORDS: 't' }, "table and records are both 't'"],
    [{ LAMPLIGHTER_TABLE: 't', LAMPLIGHTER_RECORDS: 'r' }, 'LAMPLIGHTER_QUEUES'],
    [
      { LAMPLIGHTER_TABLE: 't', LAMPLIGHTER_RECORDS: 'r', LAMPLIGHTER_QUEUES: 'not json' },
      "LAMPLIGHTER_QUEUES is 'not json'",
    ],
    [{ LAMPLIGHTER_TABLE: 't', LAMPLIGHTER_RECORDS: 'r', LAMPLIGHTER_QUEUES: '["a"]' }, 'allowed: a JSON object'],
    [
      { LAMPLIGHTER_TABLE: 't', LAMPLIGHTER_RECORDS: 'r', LAMPLIGHTER_QUEUES: '{"default":1}' },
      'allowed: a JSON object',
    ],
  ])('missing or malformed (%o) are told by the variable', (environment, text) => {
    expect(() => namesFrom(environment)).toThrow(text)
  })

  it('an option that nobody knows is refused', () => {
    expect(() => createClient({ runner, tabel: 't' } as never)).toThrow("did you mean 'table'?")
  })
})
