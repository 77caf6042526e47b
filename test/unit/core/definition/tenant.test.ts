import { describe, expect, it } from 'vitest'
import { tenantOf } from '../../../../lib/core/definition/tenant.ts'

const of = (tenant: unknown) => ({ tenant: () => tenant as string })

describe('tenantOf', () => {
  it('gives what the contract makes of the input', () => {
    const byAccount = { tenant: (input: unknown) => (input as { account: string }).account }
    expect(tenantOf(byAccount, { account: 'a42' })).toBe('a42')
    expect(tenantOf(of('Müller & Söhne'), {})).toBe('Müller & Söhne')
    expect(tenantOf(of('x'.repeat(128)), {})).toHaveLength(128)
  })

  it('gives nobody where the contract names nobody, ever or for this input', () => {
    expect(tenantOf({}, {})).toBeUndefined()
    expect(tenantOf(of(undefined), {})).toBeUndefined()
  })

  it.each([null, '', 42, 'x'.repeat(129), '\ud800', {}, Promise.resolve('a42')])(
    'refuses %j, saying what may be',
    tenant => {
      expect(() => tenantOf(of(tenant), {})).toThrow(
        expect.objectContaining({
          code: 'invalid_input',
          field: 'tenant',
          message: expect.stringContaining('1 to 128'),
        }),
      )
    },
  )

  it('refuses an input over which the function stumbles, with its error as the cause', () => {
    const cause = new TypeError("no 'account'\nin it")
    const failing = {
      tenant: () => {
        throw cause
      },
    }
    expect(() => tenantOf(failing, {})).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        field: 'tenant',
        cause,
        message: expect.stringContaining("no 'account' in it"),
      }),
    )
  })
})
