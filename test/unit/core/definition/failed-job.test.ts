import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { failedJob } from '../../../../lib/core/definition/failed-job.ts'

const failure = {
  id: 'x',
  type: 'charge',
  generation: 1,
  attempts: 2,
  error: { name: 'Error', message: 'no' },
  failedAt: '2026-11-22T10:00:00.000Z',
  input: { n: '7' },
}
const schema = failedJob(v.object({ n: v.pipe(v.string(), v.transform(Number)) }))
const checked = (value: unknown) => Promise.resolve(schema['~standard'].validate(value))

describe('failedJob', () => {
  it('gives what the schema makes of the input, and the input as it was stored', async () => {
    expect(await checked(failure)).toEqual({ value: { ...failure, input: { n: 7 }, storedInput: { n: '7' } } })
  })

  it('takes a failure whose input the schema refuses, or throws at', async () => {
    expect(await checked({ ...failure, input: 5 })).toMatchObject({ value: { input: undefined, storedInput: 5 } })
    const throwing = failedJob({ '~standard': { version: 1, vendor: 't', validate: () => expect.unreachable() } })
    expect(await throwing['~standard'].validate(failure)).toMatchObject({ value: { input: undefined } })
  })

  it.each([
    [null, []],
    ['text', []],
    [{ ...failure, id: 1 }, ['id']],
    [{ ...failure, attempts: '2' }, ['attempts']],
    [{ ...failure, error: 'no' }, ['error']],
  ])('refuses %j', async (value, path) => {
    const { issues = [] } = (await checked(value)) as { readonly issues?: readonly { readonly path?: unknown }[] }
    expect(issues.map(issue => issue.path ?? [])).toEqual([path])
  })

  it('is made of a Standard Schema alone', () => {
    expect(() => failedJob('no' as never)).toThrow('failedJob')
  })
})
