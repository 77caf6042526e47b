import { describe, expect, it } from 'vitest'
import {
  IdempotencyConflict,
  InputRefused,
  InvalidDefinition,
  InvalidInput,
  JobTooLarge,
  show,
  Unavailable,
  UnknownType,
  Unwritable,
} from '../../../../lib/core/values/errors.ts'

describe('an error thrown on purpose', () => {
  it.each([
    [
      new InvalidInput('runAt', 5, 'a time'),
      { name: 'InvalidInput', code: 'invalid_input', message: 'runAt is 5; allowed: a time' },
      { field: 'runAt', value: 5, allowed: 'a time' },
    ],
    [
      new InvalidInput('cron', '61 x', '0 to 59', { text: "is '61 x'; field 1: 61", drawing: '  61 x\n  ^^' }),
      {
        name: 'InvalidInput',
        code: 'invalid_input',
        message: "cron is '61 x'; field 1: 61; allowed: 0 to 59\n  61 x\n  ^^",
      },
      { field: 'cron', value: '61 x', allowed: '0 to 59' },
    ],
    [
      new InputRefused('mail', [
        { path: 'to', message: 'missing' },
        { path: 'n', message: 'too big' },
      ]),
      {
        name: 'InputRefused',
        code: 'input_refused',
        message: "input of job type 'mail' was refused: to: missing; n: too big",
      },
      { type: 'mail' },
    ],
    [
      new UnknownType('male', ['mail', 'sms']),
      { name: 'UnknownType', code: 'unknown_type', message: "job type 'male' is not registered; known: mail, sms" },
      { type: 'male', known: ['mail', 'sms'] },
    ],
    [
      new UnknownType('male', []),
      { name: 'UnknownType', code: 'unknown_type', message: "job type 'male' is not registered; known: none" },
      { known: [] },
    ],
    [
      new JobTooLarge('input', 12, 10),
      {
        name: 'JobTooLarge',
        code: 'job_too_large',
        message: 'input takes 12 bytes; allowed: at most 10 bytes (put larger data in S3 and pass its key)',
      },
      { field: 'input', bytes: 12, maxBytes: 10 },
    ],
    [
      new IdempotencyConflict('id-1', 'order 7'),
      {
        name: 'IdempotencyConflict',
        code: 'idempotency_conflict',
        message: "idempotency key 'order 7' already belongs to job id-1, which has other input",
      },
      { id: 'id-1' },
    ],
    [new Unwritable('too big'), { name: 'Unwritable', code: 'unwritable', message: 'too big' }, {}],
    [new InvalidDefinition('twice'), { name: 'InvalidDefinition', code: 'invalid_definition', message: 'twice' }, {}],
  ])('%o says what was wrong, in words and for programs', (error, texts, details) => {
    expect({ name: error.name, code: error.code, message: error.message }).toEqual(texts)
    expect(error).toMatchObject(details)
  })

  it('says what could not be reached, and keeps the cause', () => {
    const cause = new Error('socket closed')
    const error = new Unavailable('DynamoDB', cause)
    expect(error).toMatchObject({ name: 'Unavailable', code: 'unavailable', message: 'DynamoDB: socket closed' })
    expect(error.cause).toBe(cause)
    expect(new Unavailable('SQS', 'no answer').message).toBe("SQS: 'no answer'")
  })
})

describe('a value in a message', () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)

  it.each([
    ['text', "'text'"],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [1.5, '1.5'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ a: [1] }, '{"a":[1]}'],
    [5n, '5'],
    [cyclic, 'a value of type object'],
  ])('%o', (value, expected) => {
    expect(show(value)).toBe(expected)
  })

  it('is cut at its limit, and marked as cut only then', () => {
    expect(show(12_345, 5)).toBe('12345')
    expect(show(123_456, 5)).toBe('12345…')
  })
})
