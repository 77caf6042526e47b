// oxlint-disable unicorn/no-thenable -- the field is called so, and is no function
import { describe, expect, it } from 'vitest'
import { httpKit, nothing, problemIn } from '../http-kit.ts'

interface Entry {
  readonly id?: string
  readonly state?: string
  readonly created?: boolean
  readonly problem?: Readonly<Record<string, unknown>>
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const entriesIn = async (response: Response) => ((await response.json()) as { jobs: readonly Entry[] }).jobs

describe('POST /v1/jobs/batch', () => {
  it('enqueues each, in order, and refuses one without harm to the others', async () => {
    const { send, store } = httpKit()
    const response = await send('POST', '/v1/jobs/batch', {
      jobs: [
        { type: 'echo', input: 1 },
        { type: 'sum', input: { numbers: [] } },
        { type: 'ecko', input: 1 },
        { type: 'echo', input: 2, delay: '2h' },
      ],
    })
    expect(response.status).toBe(200)
    const [first, second, third, fourth] = await entriesIn(response)
    expect(first).toMatchObject({ state: 'RESERVED', created: true })
    expect(second).toMatchObject({ problem: { status: 422, code: 'input_refused', field: 'input' } })
    // How many types there are, not which: as everywhere.
    expect(third?.problem).toMatchObject({
      code: 'unknown_type',
      detail: expect.stringMatching(/registered types: 3$/),
    })
    expect(fourth).toMatchObject({ state: 'SCHEDULED' })
    expect(new Set(store.all().map(({ id }) => id))).toEqual(new Set([first?.id, fourth?.id]))
  })

  it('takes the idempotency key of each in the job itself', async () => {
    const { send, store } = httpKit()
    const job = { type: 'echo', input: 1, idempotencyKey: 'order-1' }
    const [first] = await entriesIn(await send('POST', '/v1/jobs/batch', { jobs: [job] }))
    const [again, other] = await entriesIn(await send('POST', '/v1/jobs/batch', { jobs: [job, { ...job, input: 2 }] }))
    expect(again).toEqual({ ...first, created: false })
    expect(other?.problem).toMatchObject({ code: 'idempotency_conflict', id: first?.id })
    expect(store.all()).toHaveLength(1)
  })

  it.each<[unknown, string, RegExp]>([
    [{ jobs: [] }, 'jobs', /^a list of 1 to 100 jobs$/],
    [{ jobs: Array.from({ length: 101 }, () => ({ type: 'echo', input: 1 })) }, 'jobs', /^a list of 1 to 100 jobs$/],
    [
      {
        jobs: [
          { type: 'echo', input: 1 },
          { type: 'echo', input: 1, priority: 101 },
        ],
      },
      'jobs[1].priority',
      /-100 to 100/,
    ],
    [{ jobs: [{ type: 'echo', input: 1, inputs: 1 }] }, 'jobs[0].inputs', /^type, input, /],
    [{ jobs: [null] }, 'jobs[0]', /^a JSON object$/],
    [{ job: [] }, 'body.job', /did you mean 'jobs'/],
    [{}, 'jobs', /^a list of 1 to 100 jobs$/],
  ])('refuses the whole of %j for its shape', async (body, field, allowed) => {
    const { send, traces } = httpKit()
    const response = await send('POST', '/v1/jobs/batch', body)
    expect(response.status).toBe(400)
    const problem = await problemIn(response)
    expect(problem).toMatchObject({ code: 'invalid_input', field })
    expect(problem.allowed).toMatch(allowed)
    expect(traces()).toEqual(nothing)
  })
})

describe('POST /v1/batches', () => {
  const echo = (input: unknown, more: object = {}) => ({ type: 'echo', input, ...more })
  const path = '/v1/batches'

  it('makes the jobs, and one that waits for them under the id of the batch; each keeps its options', async () => {
    const { send, get, store } = httpKit()
    const jobs = [
      echo(1, { priority: 7 }),
      echo(2, { delay: '2h', tags: ['a'] }),
      { type: 'sum', input: { numbers: [1] } },
    ]
    const response = await send('POST', path, { jobs, then: echo('all', { maxAttempts: 2 }) }, { traceparent })
    expect(response.status).toBe(201)
    const { id, of } = (await response.json()) as { id: string; of: number }
    expect([of, response.headers.get('location')]).toEqual([3, `/v1/jobs/${id}/children`])
    expect(store.all()).toHaveLength(4)
    expect(store.read(id)).toMatchObject({ type: 'echo', input: '"all"', state: 'WAITING', maxAttempts: 2 })
    expect(store.all().every(({ context }) => context?.includes(traceparent))).toBe(true)
    const shown = await (await get(`/v1/jobs/${id}/children`)).json()
    expect(shown).toMatchObject({
      groups: [{ name: 'batch', of: 3, left: 3 }],
      children: [{ state: 'RESERVED' }, { state: 'SCHEDULED' }, { index: 2 }],
    })
    expect(store.all().filter(({ priority, tags }) => priority === 7 || tags?.[0] === 'a')).toHaveLength(2)
  })

  it('without `then` nothing follows, and the id is a handle', async () => {
    const { send, get, store } = httpKit()
    const { id } = (await (await send('POST', path, { jobs: [echo(1)] })).json()) as { id: string }
    expect(store.all()).toHaveLength(1)
    expect((await get(`/v1/jobs/${id}`)).status).toBe(404)
    expect((await get(`/v1/jobs/${id}/children`)).status).toBe(200)
  })

  it('under an Idempotency-Key is the same batch; with another number of jobs it is refused', async () => {
    const { send, store } = httpKit()
    const headers = { 'idempotency-key': 'album-1' }
    const body = { jobs: [echo(1), echo(2)], then: echo(3) }
    const first = await send('POST', path, body, headers)
    const again = await send('POST', path, body, headers)
    expect([first.status, again.status]).toEqual([201, 201])
    expect(await again.json()).toEqual(await first.json())
    expect(store.all()).toHaveLength(3)
    const other = await send('POST', path, { ...body, jobs: [echo(1)] }, headers)
    expect(await problemIn(other)).toMatchObject({ status: 422, code: 'idempotency_conflict' })
    expect(store.all()).toHaveLength(3)
  })

  it.each<[unknown, number, object]>([
    [{ jobs: [] }, 400, { field: 'jobs', allowed: 'a list of 1 to 10000 jobs' }],
    [{}, 400, { field: 'jobs' }],
    [{ jobs: [null] }, 400, { field: 'jobs[0]', allowed: 'a JSON object' }],
    [{ jobs: [echo(1)], than: echo(2) }, 400, { field: 'batch.than' }],
    [{ jobs: [echo(1)], idempotencyKey: 'a' }, 400, { field: 'batch.idempotencyKey' }],
    [{ jobs: [echo(1, { unique: {} })] }, 400, { field: 'jobs[0].unique' }],
    [{ jobs: [echo(1, { idempotencyKey: 'a' })] }, 400, { field: 'jobs[0].idempotencyKey' }],
    [{ jobs: [echo(1)], then: echo(2, { delay: '1h' }) }, 400, { field: 'then.delay' }],
    [
      { jobs: [echo(1), echo(2, { runAt: '1999-01-01T00:00:00Z' })] },
      400,
      { field: 'jobs[1].runAt', detail: /^jobs\[1\]: runAt/ },
    ],
    [
      { jobs: [echo(1), { type: 'ecko', input: 1 }] },
      422,
      { code: 'unknown_type', field: 'jobs[1].type', detail: /^jobs\[1\]: job type/ },
    ],
    [
      { jobs: [echo(1)], then: { type: 'sum', input: { numbers: [] } } },
      422,
      { code: 'input_refused', field: 'then.input', detail: /^then: input of job type 'sum'/ },
    ],
    // Who may enqueue may not start a bulk act.
    [{ jobs: [{ type: 'lamplighter.bulk', input: {} }] }, 422, { code: 'unknown_type' }],
    [{ jobs: [echo(1)], then: { type: 'lamplighter.bulk', input: {} } }, 422, { code: 'unknown_type' }],
  ])(
    '%j is refused as a whole, and nothing is written',
    async (body, status, { detail = /./, ...problem }: { detail?: RegExp }) => {
      const { send, traces } = httpKit()
      const response = await send('POST', path, body)
      expect(response.status).toBe(status)
      const found = await problemIn(response)
      expect(found).toMatchObject(problem)
      expect(found.detail).toMatch(detail)
      expect(traces()).toEqual(nothing)
    },
  )
})

describe('the ETag of a job', () => {
  it('is its version, and another one after each change', async () => {
    const { send, get, store } = httpKit()
    store.put({ id: 'a', type: 'echo', state: 'AVAILABLE', input: '1' })
    const before = (await get('/v1/jobs/a')).headers.get('etag')
    expect(before).toMatch(/^"1\.\d+\.0\.AVAILABLE"$/)
    await send('POST', '/v1/jobs/a/cancel')
    expect((await get('/v1/jobs/a')).headers.get('etag')).toMatch(/^"1\.\d+\.0\.CANCELLED"$/)
  })
})
