import { describe, expect, it } from 'vitest'
import { maxBodyBytes } from '../../../lib/http/read-request.ts'
import { httpKit, nothing, problemIn, refused } from './http-kit.ts'

const job = { type: 'echo', input: 1 }
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

describe('a body that is no JSON object', () => {
  it.each([
    ['empty', '', 'empty'],
    ['white space', ' \n', 'not JSON'],
    ['half an object', '{"type":"echo"', 'not JSON'],
    ['single quotes', "{'type':'echo'}", 'not JSON'],
    ['a trailing comma', '{"type":"echo","input":1,}', 'not JSON'],
    ['two objects', '{}{}', 'not JSON'],
    ['NaN', '{"type":"echo","input":NaN}', 'not JSON'],
    ['a NUL', '{"type":"echo","input":1}\u0000', 'not JSON'],
    ['a raw NUL in a text', '{"type":"echo","input":"\u0000"}', 'not JSON'],
    ['a form', 'type=echo&input=1', 'not JSON'],
  ])('is refused when it is %s', async (_, body, value) => {
    const problem = await refused(body)
    expect(problem).toMatchObject({ status: 400, code: 'invalid_input', field: 'body', allowed: 'a JSON object' })
    expect(problem.value).toContain(value)
    // The parser's reason is quoted nowhere, so that it is not cut within its quotation either.
    expect(problem.detail).toBe(`body is ${String(problem.value).replace(/[\n\0]/g, ' ')}; allowed: a JSON object`)
  })

  it.each([['null'], ['true'], ['1'], ['"text"'], ['[]'], ['[{"type":"echo","input":1}]']])(
    'is refused when it is %s',
    async body => {
      const problem = await refused(body)
      expect(problem).toMatchObject({ status: 400, code: 'invalid_input', field: 'body', allowed: 'a JSON object' })
    },
  )

  it.each([
    ['a byte that starts nothing', [0xff]],
    ['half a character', [0xe2, 0x98]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
  ])('is refused when it is not UTF-8: %s', async (_, bytes) => {
    const text = Buffer.from('{"type":"echo","input":"')
    const problem = await refused(Buffer.concat([text, Buffer.from(bytes), Buffer.from('"}')]))
    expect(problem).toMatchObject({ status: 400, field: 'body', value: 'not UTF-8' })
  })

  it('is refused when UTF-16', async () => {
    expect(await refused(Buffer.from(JSON.stringify(job), 'utf16le'))).toMatchObject({ status: 400, field: 'body' })
  })
})

describe('a body of another kind', () => {
  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['text/json'],
    ['application/jsonp'],
    ['application/json-seq'],
    ['application/json; charset=latin1'],
    ['application/json; charset=utf-8; charset=utf-16'],
    ['application/json, application/json'],
    ['+json'],
    ['json'],
    [''],
    ['*/*'],
  ])('is refused: %s', async type => {
    const problem = await refused(job, { 'content-type': type })
    expect(problem).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
      field: 'content-type',
      value: type,
      allowed: 'application/json or a type that ends in +json, in UTF-8',
    })
  })

  it('is refused without a content type', async () => {
    const { app, traces } = httpKit()
    const body = Buffer.from(JSON.stringify(job))
    const response = await app.request('/v1/jobs', { method: 'POST', body })
    expect(response.status).toBe(415)
    expect(await problemIn(response)).toMatchObject({ field: 'content-type', value: null })
    expect(traces()).toEqual(nothing)
  })

  it('is refused when compressed', async () => {
    const problem = await refused(job, { 'content-encoding': 'gzip' })
    expect(problem).toMatchObject({ status: 415, field: 'content-encoding', value: 'gzip' })
  })
})

describe('a body that is too large', () => {
  it('is refused by what its header says, before a byte is read', async () => {
    const { app, traces } = httpKit()
    let pulls = 0
    const body = new ReadableStream({ pull: () => void (pulls += 1) }, { highWaterMark: 0 })
    const headers = { 'content-type': 'application/json', 'content-length': String(maxBodyBytes + 1) }
    const response = await app.request('/v1/jobs', { method: 'POST', body, headers, duplex: 'half' })
    expect(response.status).toBe(413)
    expect(await problemIn(response)).toMatchObject({
      code: 'body_too_large',
      field: 'body',
      allowed: `at most ${maxBodyBytes} bytes`,
    })
    expect(pulls).toBe(0)
    expect(traces()).toEqual(nothing)
  })

  it.each([undefined, '1', '-1', 'many', '1e9x'])(
    'is read no further than the limit, whatever its header says (%s)',
    async length => {
      const { app, traces } = httpKit()
      const chunk = new Uint8Array(64 * 1024).fill(0x20)
      let [chunks, isCancelled] = [0, false]
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            chunks += 1
            controller.enqueue(chunk)
          },
          cancel: () => void (isCancelled = true),
        },
        { highWaterMark: 0 },
      )
      const headers = {
        'content-type': 'application/json',
        ...(length === undefined ? {} : { 'content-length': length }),
      }
      const response = await app.request('/v1/jobs', { method: 'POST', body, headers, duplex: 'half' })
      expect(response.status).toBe(413)
      expect(chunks).toBe(9)
      expect(isCancelled).toBe(true)
      expect(traces()).toEqual(nothing)
    },
  )

  it('is refused when it does not arrive whole', async () => {
    const { app, traces } = httpKit()
    const body = new ReadableStream({ pull: controller => controller.error(new Error('reset')) })
    const headers = { 'content-type': 'application/json' }
    const response = await app.request('/v1/jobs', { method: 'POST', body, headers, duplex: 'half' })
    expect(response.status).toBe(400)
    expect(await problemIn(response)).toMatchObject({ field: 'body', value: 'cut off' })
    expect(traces()).toEqual(nothing)
  })

  it('is refused as a job when the input takes more than an item holds, with size and limit', async () => {
    const problem = await refused({ type: 'echo', input: 'x'.repeat(400 * 1024) })
    expect(problem).toMatchObject({
      status: 413,
      code: 'job_too_large',
      field: 'input',
      value: '409602 bytes',
      allowed: 'at most 397312 bytes',
    })
  })

  it('counts the bytes of an input, not its characters', async () => {
    expect(await refused({ type: 'echo', input: '☃'.repeat(140_000) })).toMatchObject({ status: 413, field: 'input' })
  })
})

describe('fields of the body', () => {
  const range = (field: string, value: unknown, allowed: RegExp) => ({ field, value, allowed })
  const duration = /^a duration such as '30s', '5m' or '2h' \(units ms, s, m, h, d\)$/
  const attempts = /^a whole number from 1 to 1000$/
  const priorities = /^a whole number from -100 to 100$/
  const instant = /^a Date or ISO 8601 text with a zone, .* at most a year back and ten years ahead$/

  it.each([
    range('delay', 30, duration),
    range('delay', '30', duration),
    range('delay', '-5s', duration),
    range('delay', '1y', duration),
    range('delay', null, duration),
    range('delay', '', duration),
    range('delay', '3651d', /^0ms to 3650d$/),
    range('delay', `${'9'.repeat(400)}d`, /^0ms to 3650d$/),
    range('runAt', 1_798_761_600_000, instant),
    range('runAt', '2027-01-01T00:00:00', instant),
    range('runAt', '2027-13-01T00:00:00Z', instant),
    range('runAt', '2027-02-30T00:00:00Z', instant),
    range('runAt', '2037-12-31T00:00:00Z', instant),
    range('runAt', '2025-12-31T00:00:00Z', instant),
    range('runAt', 'tomorrow', instant),
    range('runAt', null, instant),
    range('runAt', true, instant),
    range('maxAttempts', 0, attempts),
    range('maxAttempts', 1001, attempts),
    range('maxAttempts', 1.5, attempts),
    range('maxAttempts', '3', attempts),
    range('maxAttempts', null, attempts),
    range('priority', -101, priorities),
    range('priority', null, priorities),
    range('priority', true, priorities),
    range('tags', 'a', /^a list of at most 10 texts of 1 to 64 characters$/),
    range('tags', null, /^a list of at most 10/),
    range('type', 7, /^the name of a registered job type$/),
    range('type', null, /^the name of a registered job type$/),
  ])('$field $value is refused with field, value and range', async ({ field, value, allowed }) => {
    const problem = await refused({ ...job, [field]: value })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_input', field, value })
    expect(problem.allowed).toMatch(allowed)
  })

  it.each([
    ['tags', Array.from({ length: 11 }, () => 'x'), 'tags'],
    ['tags', ['a', ''], 'tags[1]'],
    ['tags', ['x'.repeat(65)], 'tags[0]'],
    ['tags', [1], 'tags[0]'],
    ['delay', ['1s'], 'delay'],
    ['delay', { s: 1 }, 'delay'],
    ['runAt', {}, 'runAt'],
    ['runAt', [], 'runAt'],
    ['type', {}, 'type'],
    ['type', ['echo'], 'type'],
    ['priority', [1], 'priority'],
  ])('%s %j is refused', async (name, value, field) => {
    expect(await refused({ ...job, [name]: value })).toMatchObject({ status: 400, code: 'invalid_input', field })
  })

  it('refuses delay and runAt together', async () => {
    const problem = await refused({ ...job, delay: '1s', runAt: '2027-01-02T00:00:00Z' })
    expect(problem).toMatchObject({ status: 400, field: 'delay and runAt' })
    expect(problem.detail).toBe('delay and runAt are both given; allowed: one of delay, delayMs, runAt')
  })

  it('refuses a notify of more than 1,024 bytes', async () => {
    const problem = await refused({ ...job, notify: 'x'.repeat(1_023) })
    expect(problem).toMatchObject({ status: 413, field: 'notify', value: '1025 bytes', allowed: 'at most 1024 bytes' })
  })

  it('refuses a body without a type or an input', async () => {
    expect(await refused({})).toMatchObject({ status: 400, field: 'type' })
    expect(await refused({ type: 'echo' })).toMatchObject({ status: 400, field: 'input' })
  })

  it.each([
    ['maxattempts', 'maxAttempts'],
    ['delayMs', 'delay'],
    ['runat', 'runAt'],
    ['inputs', 'input'],
  ])('refuses the field %s and names the nearest, %s', async (name, nearest) => {
    const problem = await refused({ ...job, [name]: 1 })
    expect(problem).toMatchObject({ status: 400, field: `job.${name}` })
    expect(problem.allowed).toContain(`did you mean '${nearest}'?`)
  })

  it('points from an idempotencyKey in the body to the header', async () => {
    const problem = await refused({ ...job, idempotencyKey: 'k' })
    expect(problem).toMatchObject({ status: 400, field: 'job.idempotencyKey', allowed: 'the header Idempotency-Key' })
  })

  it('answers an unknown field of 500 KB with a short problem', async () => {
    const problem = await refused({ ...job, ['x'.repeat(500 * 1024)]: 1 })
    expect(problem.status).toBe(400)
    expect(JSON.stringify(problem).length).toBeLessThan(3_000)
  })

  it('refuses the key __proto__ anywhere', async () => {
    const key = '__proto__'
    const bodies: [string, string][] = [
      [`{"type":"echo","input":1,"${key}":{"x":1}}`, `job.${key}`],
      [`{"type":"echo","input":{"${key}":{"x":1}}}`, `input.${key}`],
      [`{"type":"echo","input":{"a":[{"${key}":1}]}}`, `input.a[0].${key}`],
      [`{"type":"echo","input":1,"notify":{"${key}":1}}`, `notify.${key}`],
      [
        `{"type":"echo","input":{"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}":1}}`,
        `input.${key}`,
      ],
    ]
    for (const [body, field] of bodies) expect(await refused(body)).toMatchObject({ status: 400, field })
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('takes the keys constructor and prototype, which JSON.parse does not treat in any way', async () => {
    const input = { constructor: 'Ferrari', a: [{ prototype: { constructor: 1 } }] }
    const { post, get } = httpKit()
    const { id } = (await (await post({ type: 'echo', input, notify: input })).json()) as { id: string }
    expect(await (await get(`/v1/jobs/${id}`)).json()).toMatchObject({ input, notify: input })
  })

  it('refuses a type that is a name of every object', async () => {
    for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(await refused({ type, input: 1 })).toMatchObject({ status: 422, code: 'unknown_type' })
    }
  })

  it('refuses an integer that no double holds, with its path, and stores no other', async () => {
    const body = '{"type":"echo","input":{"ids":[1,12345678901234567890]}}'
    const problem = await refused(body)
    expect(problem).toMatchObject({
      status: 400,
      code: 'invalid_input',
      field: 'input.ids[1]',
      value: '12345678901234567890',
    })
    expect(problem.allowed).toContain('write a larger one as text')
    expect(problem.detail).toContain('input.ids[1] is 12345678901234567890; allowed: ')
  })

  it.each(['1e999', '-1e999', '[1e400]'])('refuses the number %s, which no double holds', async number => {
    expect(await refused(`{"type":"echo","input":${number}}`)).toMatchObject({ status: 400, value: /Infinity/ })
  })

  it('shows a number that no double holds as it was read', async () => {
    for (const field of ['priority', 'maxAttempts', 'delay', 'runAt']) {
      const problem = await refused(`{"type":"echo","input":1,"${field}":1e999}`)
      expect(problem).toMatchObject({ status: 400, field, value: 'Infinity' })
      expect(problem.detail).toContain(`${field} is Infinity`)
    }
  })

  it('refuses deep nesting in every field, short of any stack', async () => {
    expect(await refused(`{"type":"echo","input":${nested(34)}}`)).toMatchObject({ status: 400, allowed: /at most 32/ })
    for (const field of ['input', 'type', 'delay', 'runAt', 'tags', 'notify', 'priority', 'extra']) {
      const { status } = await refused(`{"type":"echo","${field}":${nested(200_000)}}`)
      expect([field, status]).toEqual([field, 400])
    }
    expect(await refused(nested(200_000))).toMatchObject({ status: 400, field: 'body' })
  })
})

describe('type and input', () => {
  it('refuses an unknown type, and gives away only how many there are', async () => {
    const problem = await refused({ type: 'ecko', input: 1 })
    expect(problem).toEqual({
      type: 'urn:lamplighter:problem:unknown_type',
      title: 'The job type is not registered',
      status: 422,
      code: 'unknown_type',
      detail: "job type 'ecko' is not registered; registered types: 3",
      field: 'type',
      value: 'ecko',
    })
  })

  it('refuses an unknown type and names those there are, where the API is told to', async () => {
    const { post, traces } = httpKit(undefined, { isTypeListed: true })
    const problem = await problemIn(await post({ type: 'ecko', input: 1 }))
    expect(problem).toMatchObject({ status: 422, code: 'unknown_type', value: 'ecko', allowed: 'echo, sum, broken' })
    expect(problem.detail).toBe("job type 'ecko' is not registered; known: echo, sum, broken")
    expect(traces()).toEqual(nothing)
  })

  it('refuses an input that the schema refuses, with each path and reason', async () => {
    const problem = await refused({ type: 'sum', input: { numbers: [1, 'two', null], extra: 1 } })
    expect(problem).toMatchObject({ status: 422, code: 'input_refused', field: 'input' })
    expect(problem.issues?.map(({ path }) => path)).toEqual(['input.numbers.1', 'input.numbers.2', 'input.extra'])
    expect(problem.issues?.[0]?.message).toContain('Expected number')
  })

  it('answers seventy thousand issues with twenty and the number of the rest', async () => {
    const problem = await refused({ type: 'sum', input: { numbers: Array.from({ length: 70_000 }, () => null) } })
    expect(problem.status).toBe(422)
    expect(problem.issues).toHaveLength(20)
    expect(problem.moreIssues).toBe(69_980)
    expect(JSON.stringify(problem).length).toBeLessThan(5_000)
  })
})
