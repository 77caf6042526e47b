/** The trace and the baggage that a request gives its job. */
import { describe, expect, it } from 'vitest'
import { httpKit, nothing, problemIn } from '../http-kit.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const other = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
const baggage = { tenant: 'a42' }

/** The context as the item holds it, and as the API shows it. */
async function contextOf(context: unknown, headers: Readonly<Record<string, string>> = {}) {
  const { post, get, store } = httpKit()
  const response = await post({ type: 'echo', input: 1, ...(context === undefined ? {} : { context }) }, headers)
  expect(response.status).toBe(201)
  const { id } = (await response.json()) as { id: string }
  const stored = store.raw(id)?.context
  const shown = ((await (await get(`/v1/jobs/${id}`)).json()) as { context?: unknown }).context
  expect(shown).toEqual(stored === undefined ? undefined : JSON.parse(stored))
  return shown
}

describe('the context of a job that comes by HTTP', () => {
  it.each<[string, unknown, Readonly<Record<string, string>>, unknown]>([
    ['neither', undefined, {}, undefined],
    ['the body’s', { traceparent, tracestate: 'a=1', baggage }, {}, { traceparent, tracestate: 'a=1', baggage }],
    ['the headers’', undefined, { traceparent, tracestate: 'a=1' }, { traceparent, tracestate: 'a=1' }],
    ['baggage of the body, trace of the headers', { baggage }, { traceparent }, { traceparent, baggage }],
    [
      'the body’s before the headers’',
      { traceparent: other },
      { traceparent, tracestate: 'a=1' },
      { traceparent: other },
    ],
    ['none, as the body says', {}, { traceparent }, undefined],
    ['no trace that cannot be read', { baggage }, { traceparent: '00-00-00-00' }, { baggage }],
    ['no trace of which there are two', undefined, { traceparent: `${traceparent}, ${other}` }, undefined],
    ['a state without a trace', undefined, { tracestate: 'a=1' }, undefined],
    ['a state for which there is no room', undefined, { traceparent, tracestate: 'a'.repeat(500) }, { traceparent }],
    [
      'no trace beside which the baggage has no room',
      { baggage: { long: 'x'.repeat(470) } },
      { traceparent },
      { baggage: { long: 'x'.repeat(470) } },
    ],
  ])('%s', async (_, context, headers, expected) => {
    expect(await contextOf(context, headers)).toEqual(expected)
  })

  it.each<[unknown, number, string, string]>([
    [null, 400, 'invalid_input', 'context'],
    ['x', 400, 'invalid_input', 'context'],
    [{ traceparent: 1 }, 400, 'invalid_input', 'context.traceparent'],
    [{ traceparent: '00-1-2-3' }, 400, 'invalid_input', 'context.traceparent'],
    [{ tracestate: 'a=1' }, 400, 'invalid_input', 'context.tracestate'],
    [{ baggage: { tenant: 42 } }, 400, 'invalid_input', 'context.baggage.tenant'],
    [{ baggage: [] }, 400, 'invalid_input', 'context.baggage'],
    [{ trace: traceparent }, 400, 'invalid_input', 'context.trace'],
    [{ baggage: { long: 'x'.repeat(500) } }, 413, 'job_too_large', 'context'],
  ])('refuses %j, and writes nothing', async (context, status, code, field) => {
    const { post, traces } = httpKit()
    const response = await post({ type: 'echo', input: 1, context }, { traceparent })
    expect(await problemIn(response)).toMatchObject({ status, code, field })
    expect(traces()).toEqual(nothing)
  })

  it('of a batch: the headers’ trace for each job that names none', async () => {
    const { send, store } = httpKit()
    const jobs = [
      { type: 'echo', input: 1 },
      { type: 'echo', input: 2, context: { traceparent: other } },
      { type: 'echo', input: 3, context: {} },
    ]
    const response = await send('POST', '/v1/jobs/batch', { jobs }, { traceparent })
    const made = ((await response.json()) as { jobs: readonly { id: string }[] }).jobs
    const contexts = made.map(({ id }) => store.raw(id)?.context)
    expect(contexts).toEqual([JSON.stringify({ traceparent }), JSON.stringify({ traceparent: other }), undefined])
  })

  it('shows none where a foreign writer has left what is no context', async () => {
    const { get, store } = httpKit()
    store.put({ id: 'a', type: 'echo', state: 'AVAILABLE', input: '1', context: '{"traceparent":"x"}' })
    expect(await (await get('/v1/jobs/a')).json()).not.toHaveProperty('context')
  })
})
