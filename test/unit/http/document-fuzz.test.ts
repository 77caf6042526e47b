/** Fuzz from the document itself: whatever it allows is answered as it says, and nothing is answered with 500. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeBulk, newBulk } from '../../../lib/app/bulk/bulk-store.ts'
import { enqueue } from '../../../lib/app/enqueue/enqueue.ts'
import { putSchedule } from '../../../lib/app/schedule/operate.ts'
import { newGate } from '../../../lib/core/records/gate.ts'
import { type Operation, openApiOf, responseFor } from '../../support/tooling/openapi.ts'
import { type DocumentRequest, type Known, requestsOf } from './document-fuzz.ts'
import { httpKit } from './http-kit.ts'

const document = openApiOf()
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** Objects in answers as closed, so that a field is found that the document does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const)
  const isOpen = 'properties' in schema && !('additionalProperties' in schema)
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', false]] : entries)
}

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema({ $id: 'document', ...(closed({ components: document.components }) as object) })

function faultsIn(schema: unknown, body: unknown): unknown {
  const text = JSON.stringify(closed(schema)).replaceAll('"#/components', '"document#/components')
  const validate = ajv.compile(JSON.parse(text) as object)
  return validate(body) ? [] : validate.errors
}

/** A kit with something to find: jobs in several states, and a schedule. */
async function stocked() {
  const kit = httpKit()
  const error = '{"name":"E","message":"m","stack":"s"}'
  kit.store.put({ id: 'done', type: 'echo', state: 'FAILED', input: '1', error, insertedAt: kit.clock.now() })
  kit.store.put({ id: 'new', type: 'echo', state: 'AVAILABLE', input: '1', life: 'k3J9aQ' })
  await enqueue(kit.deps, { type: 'echo', input: 1, delay: '1h', idempotencyKey: 'k' })
  await putSchedule(kit.deps, 'nightly', {
    type: 'echo',
    cron: '0 3 * * *',
    input: 1,
    misfire: { all: 3, within: '1h' },
  })
  await makeBulk(kit.deps, newBulk('new', 'retry', {}, kit.clock.now()))
  const permit = { by: 'o', until: kit.clock.now() + 3_600_000 }
  await kit.deps.records.putIfAbsent([newGate('/default', kit.clock.now(), { jobId: 'done', permit })])
  // Jobs can be deleted five minutes after their enqueue.
  await kit.clock.advance(300_001)
  return kit
}

const known: Known = {
  type: ['echo', 'sum'],
  id: ['done', 'new', 'new', 'nobody'],
  name: ['nightly', 'other', 'default', 'echo'],
  from: ['2026-12-30T00:00:00Z'],
  to: ['2026-12-31T00:00:00Z'],
  gate: ['/default', '/numbers'],
  parked: ['true'],
  paused: [false],
  queue: ['default', 'numbers'],
  phase: ['live', 'failed'],
  cron: ['0 3 * * *', '*/5 * * * *', '* * * * * *'],
  timezone: ['Europe/Berlin', 'UTC'],
  delay: ['1h', '0s'],
  'If-Match': ['*', '"1"'],
  'If-None-Match': ['*'],
}

/** Sends the request to a kit of its own, and holds the answer against the document. */
async function statusOf({ path, method, body, headers }: DocumentRequest, operation: Operation): Promise<number> {
  const { send, clock, faults: unexpected } = await stocked()
  const answer = send(method, path, body, headers)
  // A long poll waits on this clock.
  if (path.startsWith('/v1/changes')) await clock.advance(20_000)
  const response = await answer
  expect(unexpected).toEqual([])
  const stated = responseFor(document, operation, response.status)
  const text = await response.text()
  const content = stated?.content?.[response.headers.get('content-type') ?? '']
  const faults = text === '' ? [] : faultsIn(content?.schema, JSON.parse(text))
  expect([response.status, stated?.description]).toEqual([response.status, expect.any(String)])
  expect([text, faults]).toEqual([text, []])
  expect(content === undefined).toBe(text === '')
  return response.status
}

describe('a request made from the document', () => {
  it.each(operations.map(one => [one.operation.operationId, one] as const))(
    '%s: never 500, and every answer is as its schema says',
    async (_, one) => {
      const requests = requestsOf(one, document, known)
      let isTaken = false
      const check = async (request: DocumentRequest) => {
        isTaken ||= (await statusOf(request, one.operation)) < 300
      }
      await fc.assert(fc.asyncProperty(requests, check), { numRuns: 150 })
      // The generator is no use if nothing it makes is taken. What has many fields is taken once in 40 times.
      for (const more of fc.sample(requests, 1_000)) {
        if (isTaken) break
        await check(more)
      }
      expect(isTaken).toBe(true)
    },
    30_000,
  )
})
