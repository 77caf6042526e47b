import { describe, expect, it } from 'vitest'
import { signatureHeaders, signingKeys } from '../../../functions/jobs/webhook-signature.ts'

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`

describe('signatureHeaders', () => {
  it('gives the signature that the Standard Webhooks libraries have as their test vector', () => {
    const keys = signingKeys('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
    expect(signatureHeaders(keys, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_999, '{"test": 2432232314}')).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('signs with each of several keys', () => {
    const both = signatureHeaders(signingKeys(` ${secretOf(24)}\n${secretOf(64)} `), 'id', 0, 'x')
    const alone = [24, 64].map(n => signatureHeaders(signingKeys(secretOf(n)), 'id', 0, 'x')['webhook-signature'])
    expect(both['webhook-signature']).toBe(alone.join(' '))
  })
})

describe('signingKeys', () => {
  it.each([undefined, '', '  '])('says which variable is missing for %j', secrets => {
    expect(() => signingKeys(secrets)).toThrow('LAMPLIGHTER_WEBHOOK_SECRET is not set')
  })

  it.each([
    'hunter2',
    secretOf(23),
    secretOf(65),
    'whsec_',
    secretOf(32).replace('whsec_', 'secret'),
    `${secretOf(32)}*`,
    `whsec_*${'A'.repeat(43)}`,
    `${secretOf(24)} hunter2`,
  ])('refuses %j without showing it', secrets => {
    expect(() => signingKeys(secrets)).toThrow(
      /^LAMPLIGHTER_WEBHOOK_SECRET must be whsec_ and 24 to 64 bytes in base64$/,
    )
  })
})
