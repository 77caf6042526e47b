/**
 * Asymmetric signatures (`v1a`, ed25519) as Standard Webhooks 1 describes them: github.com/standard-webhooks,
 * spec/standard-webhooks.md. Receivers get the public key only, so none of them can sign a delivery to another.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

const privateForm = /^whsk_[A-Za-z0-9+/]{86}==$/
const halfBytes = 32

/**
 * The private keys in a text: one, or several with spaces between. With two, receivers can go over from the old to the
 * new one at any time, since a receiver accepts a delivery when one signature fits.
 * @param source names where the text comes from, for the error
 * @throws Error that never shows a key
 */
export function signingKeys(text: string, source: string): readonly KeyObject[] {
  const parts = text.split(/\s+/).filter(part => part !== '')
  const keys = parts.map(keyFrom)
  if (keys.length > 0 && keys.every(key => key !== undefined)) return keys
  throw new Error(`${source} must hold 'whsk_' and 64 bytes in base64: an ed25519 key and its public key`)
}

/** Undefined unless the second half of the bytes is the public key of the first. */
function keyFrom(part: string): KeyObject | undefined {
  if (!privateForm.test(part)) return undefined
  const bytes = Buffer.from(part.slice('whsk_'.length), 'base64')
  const d = bytes.subarray(0, halfBytes).toString('base64url')
  const x = bytes.subarray(halfBytes).toString('base64url')
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' })
  // Node computes the public key itself and ignores the given one.
  return createPublicKey(key).export({ format: 'jwk' }).x === x ? key : undefined
}

/** A new key pair in the spec's own form. The private key is the sender's secret; receivers get the public one. */
export function newWebhookKeys(): { readonly privateKey: string; readonly publicKey: string } {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]
  return {
    privateKey: `whsk_${Buffer.concat([seed, point]).toString('base64')}`,
    publicKey: `whpk_${point.toString('base64')}`,
  }
}

/** What a receiver needs to know that a delivery is ours, fresh, and perhaps one it has seen before. */
export function signatureHeaders(keys: readonly KeyObject[], id: string, at: number, body: string) {
  const seconds = Math.floor(at / 1000)
  const content = Buffer.from(`${id}.${seconds}.${body}`)
  const signatures = keys.map(key => `v1a,${sign(null, content, key).toString('base64')}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.join(' '),
  }
}
