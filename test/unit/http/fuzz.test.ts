import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apiHandler } from '../../../lib/http/lambda-adapter.ts'
import { httpKit } from './http-kit.ts'

const refusals = [400, 404, 405, 413, 415, 422]

/**
 * What must hold for any request at all: made, found or refused; one item and at most one message for 201, and for
 * everything else none.
 */
function expectSound(kit: ReturnType<typeof httpKit>, before: ReturnType<typeof kit.traces>, status: number): void {
  const after = kit.traces()
  expect([200, 201, ...refusals]).toContain(status)
  const isMade = status === 201
  expect(after.written - before.written).toBe(isMade ? 1 : 0)
  expect(after.sent - before.sent).toBeLessThanOrEqual(isMade ? 1 : 0)
  expect(after.faults).toBe(0)
}

const any = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom('1s', '20m', '3650d', '2027-06-01T00:00:00Z', 'echo', '', '\u0000', '\ud800', -0, 1e308, 2 ** 53),
)
const name = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'idempotencyKey', 'delayMs'),
)

/** A job as the API wants it, with each field sometimes anything. */
const nearlyJob = fc
  .record(
    {
      type: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('echo', 'sum') }, any),
      input: fc.oneof(any, fc.record({ numbers: fc.array(fc.oneof(fc.double(), any)) })),
      delay: fc.oneof(fc.constantFrom('0s', '5m', '1d'), any),
      runAt: fc.oneof(fc.date({ noInvalidDate: true }), any),
      maxAttempts: fc.oneof(fc.integer({ min: 1, max: 1_000 }), any),
      priority: fc.oneof(fc.integer({ min: -100, max: 100 }), any),
      tags: fc.oneof(fc.array(fc.string({ maxLength: 70 }), { maxLength: 12 }), any),
      notify: any,
    },
    { requiredKeys: ['type'] },
  )
  .chain(body =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(body) },
      name.map(key => ({ ...body, [key]: 1 })),
    ),
  )

/** Text in which a byte or two were changed, so that it is sometimes JSON and sometimes nearly. */
const spoiled = fc
  .tuple(nearlyJob, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }))
  .map(([body, changes]) => {
    const bytes = new TextEncoder().encode(JSON.stringify(body))
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return bytes
  })

/** Characters that a header value can have: a byte each, no control characters. */
const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter(code => code !== 0x7f)
    .map(code => String.fromCharCode(code)),
})
const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'content-type',
      'content-length',
      'content-encoding',
      'idempotency-key',
      'transfer-encoding',
      'host',
    ),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  ),
  fc.oneof(headerText, fc.constantFrom('application/json', 'identity', '"k"', 'k', '0', '99999999999', '1e999', '-1')),
)

describe('any request', () => {
  it('with any job of JSON is made or refused, and leaves an item only if it was made', async () => {
    const statuses = new Set<number>()
    await fc.assert(
      fc.asyncProperty(nearlyJob, async body => {
        const kit = httpKit()
        const before = kit.traces()
        const { status } = await kit.post(body)
        statuses.add(status)
        expectSound(kit, before, status)
      }),
      { numRuns: 1_000 },
    )
    // The generator is no use if it only makes one kind.
    expect([...statuses]).toEqual(expect.arrayContaining([201, 400, 422]))
  })

  it('with any JSON is made or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ depthSize: 'medium' }), async body => {
        const kit = httpKit()
        const before = kit.traces()
        expectSound(kit, before, (await kit.post(body)).status)
      }),
      { numRuns: 300 },
    )
  })

  it('with any bytes is made or refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 500 }), spoiled, fc.string({ unit: 'binary' })),
        async body => {
          const kit = httpKit()
          const before = kit.traces()
          expectSound(kit, before, (await kit.post(body)).status)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('with any headers is made, found or refused, and the same again makes no job under the same key', async () => {
    await fc.assert(
      fc.asyncProperty(headers, fc.boolean(), async (given, hasType) => {
        const kit = httpKit()
        const type = hasType ? { 'content-type': 'application/json' } : {}
        for (const _ of [1, 2]) {
          const before = kit.traces()
          expectSound(kit, before, (await kit.post({ type: 'echo', input: 1 }, { ...given, ...type })).status)
        }
        const maxJobs = Object.hasOwn(given, 'idempotency-key') ? 1 : 2
        expect(kit.store.all().length).toBeLessThanOrEqual(maxJobs)
      }),
      { numRuns: 500 },
    )
  })

  it('with any id is answered 200 or 404; what follows a question mark is a query, of which this route knows no name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.string({ unit: 'grapheme' })),
        async id => {
          const kit = httpKit()
          kit.store.put({ id: 'a', type: 'echo', state: 'AVAILABLE', input: '1' })
          const path = `/v1/jobs/x${id}`
          const { status } = await kit.get(path)
          const hasQuery = new URL(path, 'http://local').searchParams.size > 0
          expect(hasQuery ? [400, 404] : [200, 404]).toContain(status)
          expect(kit.faults).toEqual([])
        },
      ),
      { numRuns: 500 },
    )
  })

  it('as any event of the gateway is made, found or refused', async () => {
    const event = fc.record({
      rawPath: fc.oneof({ weight: 3, arbitrary: fc.constant('/v1/jobs') }, fc.string({ unit: 'binary' }), fc.webPath()),
      rawQueryString: fc.oneof(fc.string({ unit: 'binary' }), fc.webQueryParameters()),
      headers: fc.oneof(headers, fc.dictionary(fc.string(), fc.string({ unit: 'binary' }))),
      cookies: fc.array(fc.string({ unit: 'binary' }), { maxLength: 2 }),
      body: fc.oneof(
        fc.json(),
        fc.base64String(),
        fc.string({ unit: 'binary' }),
        nearlyJob.map(body => JSON.stringify(body)),
      ),
      isBase64Encoded: fc.boolean(),
      requestContext: fc.record({
        requestId: fc.constant('r'),
        http: fc.record({
          method: fc.oneof(
            { weight: 3, arbitrary: fc.constant('POST') },
            fc.string(),
            fc.constantFrom('GET', 'HEAD', 'PUT'),
          ),
        }),
      }),
    })
    await fc.assert(
      fc.asyncProperty(event, fc.boolean(), async (given, hasType) => {
        const kit = httpKit()
        const before = kit.traces()
        const type = hasType ? { 'content-type': 'application/json' } : {}
        const { statusCode } = await apiHandler(
          kit.deps,
          kit.onError,
        )({ ...given, headers: { ...given.headers, ...type } })
        expectSound(kit, before, statusCode)
      }),
      { numRuns: 1_000 },
    )
  })
})
