import { describe, expect, it } from 'vitest'
import { errorText, normaliseError } from '../../../../lib/core/job/job-error.ts'
import { utf8Bytes } from '../../../../lib/core/values/json.ts'

describe('what is kept of something thrown', () => {
  it.each<[unknown, object]>([
    ['text', { name: 'NonError', message: 'text' }],
    [null, { name: 'NonError', message: 'null' }],
    [undefined, { name: 'NonError', message: 'undefined' }],
    [7n, { name: 'NonError', message: 'a value of type bigint that cannot be shown' }],
    // Somebody forgot `new` and the arguments.
    [TypeError, { name: 'NonError', message: 'function TypeError() { [native code] }' }],
    [{ code: 5 }, { name: 'NonError', message: '{"code":5}' }],
    [
      { name: '', message: 'm' },
      { name: 'NonError', message: 'm' },
    ],
    [
      { name: 5, message: 'm', stack: 5 },
      { name: 'NonError', message: 'm' },
    ],
    [
      { name: 'N', message: '', stack: 's' },
      { name: 'N', message: '', stack: 's' },
    ],
    [
      { name: 'N', message: 'm', cause: 'c' },
      { name: 'N', message: 'm (cause: c)' },
    ],
    [
      { name: 'N', message: 'm', cause: { message: 'c' } },
      { name: 'N', message: 'm (cause: c)' },
    ],
    [
      { name: 'N', message: 'm', cause: '' },
      { name: 'N', message: 'm' },
    ],
    [
      { name: 'N', message: 'm', cause: null },
      { name: 'N', message: 'm' },
    ],
    [
      { name: 'N', message: 'm', cause: 5 },
      { name: 'N', message: 'm' },
    ],
    [
      { name: 'N', message: 'm', cause: { message: 5 } },
      { name: 'N', message: 'm' },
    ],
  ])('%o', (thrown, expected) => {
    expect(normaliseError(thrown)).toStrictEqual(expected)
  })
})

describe('why it was thrown, as far as it says', () => {
  const causes = (count: number): Error =>
    new Error(`e${count}`, count === 0 ? undefined : { cause: causes(count - 1) })

  it.each<[unknown, string]>([
    [new AggregateError([new Error('first'), new Error('second')]), '(errors: first; second)'],
    [
      new AggregateError([new Error('no host')], 'All promises were rejected'),
      'All promises were rejected (errors: no host)',
    ],
    [
      new AggregateError(
        Array.from({ length: 9 }, (_, n) => new Error(`e${n}`)),
        'm',
      ),
      'm (errors: e0; e1; e2; e3; e4)',
    ],
    [new AggregateError([causes(1)], 'm'), 'm (errors: e1 (cause: e0))'],
    [causes(2), 'e2 (cause: e1 (cause: e0))'],
    [causes(9), 'e9 (cause: e8 (cause: e7 (cause: e6 (cause: e5 (cause: e4)))))'],
  ])('%o', (thrown, message) => {
    expect(normaliseError(thrown).message).toBe(message)
  })

  it('an error that is its own cause ends somewhere', () => {
    const error = new Error('e')
    error.cause = error
    expect(normaliseError(error).message).toBe('e (cause: e (cause: e (cause: e (cause: e (cause: e)))))')
  })

  it('a long cause is cut', () => {
    const { message } = normaliseError(new Error('e', { cause: new Error('x'.repeat(5_000)) }))
    expect(message).toHaveLength('e (cause: )'.length + 1_000)
  })

  it('an answer of fetch that was thrown as it is says its status, and from where without its query', () => {
    const response = new Response('busy', { status: 503, statusText: 'Service Unavailable' })
    expect(normaliseError(response)).toEqual({ name: 'Response', message: 'HTTP 503 Service Unavailable' })
    const from = Object.defineProperty(response, 'url', { value: 'https://example.org/a?token=secret' })
    expect(normaliseError(from).message).toBe('HTTP 503 Service Unavailable from https://example.org/a')
  })
})

describe('what fits of an error', () => {
  const parsed = (name: string, message: string, stack: string | undefined, maxBytes: number) =>
    JSON.parse(errorText({ name, message, ...(stack === undefined ? {} : { stack }) }, maxBytes)) as object

  // {"name":"E","message":"m"} takes 26 bytes; a stack adds 11 and its text.
  it.each([
    [26 + 14, { name: 'E', message: 'm', stack: 'abc' }],
    [26 + 13, { name: 'E', message: 'm', stack: '' }],
    [26 + 11, { name: 'E', message: 'm', stack: '' }],
    [26 + 10, { name: 'E', message: 'm' }],
    [26, { name: 'E', message: 'm' }],
    [25, { name: 'E', message: '' }],
  ])('in %i bytes: %o', (maxBytes, expected) => {
    expect(parsed('E', 'm', 'abc', maxBytes)).toStrictEqual(expected)
  })

  it('takes the longest message that fits, to the byte', () => {
    for (const maxBytes of [60, 61, 95, 96]) {
      expect(utf8Bytes(errorText({ name: 'E', message: 'x'.repeat(200) }, maxBytes))).toBe(maxBytes)
    }
  })

  it('counts bytes, not characters', () => {
    expect(parsed('E', 'äöü', undefined, 30)).toStrictEqual({ name: 'E', message: 'ä…' })
  })

  it('cuts no surrogate pair in half', () => {
    // The first cut that fits ends in the middle of the second pair.
    expect(parsed('E', '😀😀', undefined, 31)).toStrictEqual({ name: 'E', message: '…' })
    expect(parsed('E', '😀😀', undefined, 32)).toStrictEqual({ name: 'E', message: '😀…' })
    expect(parsed('\u{1f600}'.repeat(5), 'x', undefined, 96)).toMatchObject({ name: '\u{1f600}'.repeat(5) })
    expect(parsed(`${'n'.repeat(39)}\u{1f600}`, 'x', undefined, 96)).toMatchObject({ name: 'n'.repeat(39) })
    for (const pair of ['\ud800\udc00', '\udbff\udfff'])
      expect(parsed(`${'n'.repeat(39)}${pair}`, 'x', undefined, 200)).toMatchObject({ name: 'n'.repeat(39) })
    for (const whole of ['\ud7ff', '\ue000'])
      expect(parsed(`${'n'.repeat(39)}${whole}x`, 'x', undefined, 200)).toMatchObject({
        name: `${'n'.repeat(39)}${whole}`,
      })
  })

  it('cuts nothing off what fits, half a surrogate pair of the handler’s own neither', () => {
    expect(parsed('E', 'x\ud83d', undefined, 100)).toStrictEqual({ name: 'E', message: 'x\ud83d' })
  })

  it.each([
    ['n'.repeat(40), 'n'.repeat(40)],
    ['n'.repeat(41), 'n'.repeat(40)],
    // 60 bytes with its quotes, and 61.
    ['ä'.repeat(29), 'ä'.repeat(29)],
    [`${'ä'.repeat(29)}n`, 'Error'],
    ['\u0000'.repeat(40), 'Error'],
  ])('shortens the name %o to %o', (name, expected) => {
    expect(parsed(name, '', undefined, 1_000)).toMatchObject({ name: expected })
  })
})
