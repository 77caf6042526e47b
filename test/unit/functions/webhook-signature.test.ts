import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { describe, expect, it } from 'vitest'
import { newWebhookKeys, signatureHeaders, signingKeys } from '../../../functions/jobs/webhook-signature.ts'

/** The key of the test vector that other implementations of the spec use; the spec itself shows its signature. */
const known = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const keysOf = (text: string) => signingKeys(text, 'the source')

/** What a receiver does, with the public key alone. */
function isVerified(publicKey: string, { headers, body }: { headers: Record<string, string>; body: string }): boolean {
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  return (headers['webhook-signature'] ?? '')
    .split(' ')
    .filter(part => part.startsWith('v1a,'))
    .some(part => verify(null, content, key, Buffer.from(part.slice('v1a,'.length), 'base64')))
}

describe('signatureHeaders', () => {
  it('gives the signature of the published test vector', () => {
    const headers = signatureHeaders(
      keysOf(known),
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330_999,
      '{"test": 2432232314}',
    )
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature':
        'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    })
  })

  it('signs so that the public key alone verifies, and nothing else does', () => {
    const { privateKey, publicKey } = newWebhookKeys()
    const body = '{"hello":"wörld"}'
    const headers = signatureHeaders(keysOf(privateKey), 'id', 1_000, body)
    expect(isVerified(publicKey, { headers, body })).toBe(true)
    expect(isVerified(newWebhookKeys().publicKey, { headers, body })).toBe(false)
    expect(isVerified(publicKey, { headers, body: `${body} ` })).toBe(false)
    expect(isVerified(publicKey, { headers: { ...headers, 'webhook-timestamp': '2' }, body })).toBe(false)
    expect(isVerified(publicKey, { headers: { ...headers, 'webhook-id': 'other' }, body })).toBe(false)
  })

  it('signs with each of several keys, so that both public keys verify', () => {
    const [old, fresh] = [newWebhookKeys(), newWebhookKeys()]
    const headers = signatureHeaders(keysOf(` ${old.privateKey}\n${fresh.privateKey} `), 'id', 0, 'x')
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2)
    for (const { publicKey } of [old, fresh]) expect(isVerified(publicKey, { headers, body: 'x' })).toBe(true)
  })
})

describe('the receiver in docs/reference.md', () => {
  it('takes a fresh delivery of ours and no other', async () => {
    const { privateKey, publicKey } = newWebhookKeys()
    const page = readFileSync(new URL('../../../docs/reference.md', import.meta.url), 'utf8')
    const code = /```ts\n(import \{ createPublicKey.*?)```/s.exec(page)?.[1]?.replace('whpk_…', publicKey) ?? ''
    const url = `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(code))}`
    const { isGenuine } = (await import(/* @vite-ignore */ url)) as {
      isGenuine: (headers: Record<string, string>, body: string) => boolean
    }
    const [keys, other] = [keysOf(privateKey), keysOf(known)]
    expect(isGenuine(signatureHeaders(keys, 'id', Date.now(), 'wörld'), 'wörld')).toBe(true)
    expect(isGenuine(signatureHeaders([...other, ...keys], 'id', Date.now(), 'x'), 'x')).toBe(true)
    expect(isGenuine(signatureHeaders(keys, 'id', Date.now(), 'x'), 'y')).toBe(false)
    expect(isGenuine(signatureHeaders(other, 'id', Date.now(), 'x'), 'x')).toBe(false)
    expect(isGenuine(signatureHeaders(keys, 'id', Date.now() - 301_000, 'x'), 'x')).toBe(false)
    expect(isGenuine({}, 'x')).toBe(false)
  })
})

describe('newWebhookKeys', () => {
  it('gives another pair each time, in the form of the spec', () => {
    const pairs = Array.from({ length: 20 }, newWebhookKeys)
    for (const { privateKey, publicKey } of pairs) {
      expect(keysOf(privateKey)).toHaveLength(1)
      expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
    }
    expect(new Set(pairs.map(({ privateKey }) => privateKey)).size).toBe(20)
  })
})

describe('signingKeys', () => {
  const bytes = Buffer.from(known.slice(5), 'base64')
  const keyOf = (...parts: Uint8Array[]) => `whsk_${Buffer.concat(parts).toString('base64')}`

  it.each([
    ['nothing', ''],
    ['space', ' \n'],
    ['a password', 'hunter2hunter2'],
    ['the symmetric form', `whsec_${bytes.toString('base64')}`],
    ['the public key', `whpk_${bytes.subarray(32).toString('base64')}`],
    ['half a key', keyOf(bytes.subarray(0, 32))],
    ['a longer key', keyOf(bytes, bytes.subarray(0, 1))],
    ['another public key in it', keyOf(bytes.subarray(0, 32), Buffer.alloc(32, 7))],
    ['no base64', `whsk_*${known.slice(6)}`],
    ['a second key that is none', `${known} hunter2hunter2`],
  ])('refuses %s, names the source, and shows nothing of it', (_, text) => {
    expect(() => keysOf(text)).toThrow(
      /^the source must hold 'whsk_' and 64 bytes in base64: an ed25519 key and its public key$/,
    )
  })
})
