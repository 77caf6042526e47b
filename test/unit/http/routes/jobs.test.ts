import { describe, expect, it } from 'vitest'
import { httpKit, nothing, problemIn } from '../http-kit.ts'

interface Entry {
  readonly id?: string
  readonly state?: string
  readonly created?: boolean
  readonly problem?: Readonly<Record<string, unknown>>
}

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
