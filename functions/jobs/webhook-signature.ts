/** Signatures as Standard Webhooks 1 describes them: github.com/standard-webhooks, spec/standard-webhooks.md */
import { createHmac } from 'node:crypto'

const secretForm = /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const minKeyBytes = 24
const maxKeyBytes = 64

/**
 * The keys in `LAMPLIGHTER_WEBHOOK_SECRET`: one, or several with spaces between. With two, a receiver can go over from
 * the old to the new one at any time, since it accepts a delivery when one signature fits.
 * @throws Error that never shows the secret
 */
export function signingKeys(secrets: string | undefined): readonly Buffer[] {
  const parts = (secrets ?? '').split(/\s+/).filter(part => part !== '')
  if (parts.length === 0) throw new Error('LAMPLIGHTER_WEBHOOK_SECRET is not set')
  return parts.map(part => {
    const key = Buffer.from(part.slice('whsec_'.length), 'base64')
    if (!secretForm.test(part) || key.length < minKeyBytes || key.length > maxKeyBytes) {
      throw new Error(`LAMPLIGHTER_WEBHOOK_SECRET must be whsec_ and ${minKeyBytes} to ${maxKeyBytes} bytes in base64`)
    }
    return key
  })
}

/** What a receiver needs to tell that a delivery is ours, fresh, and perhaps one it has seen before. */
export function signatureHeaders(keys: readonly Buffer[], id: string, at: number, body: string) {
  const seconds = Math.floor(at / 1000)
  const content = `${id}.${seconds}.${body}`
  const signatures = keys.map(key => `v1,${createHmac('sha256', key).update(content).digest('base64')}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.join(' '),
  }
}
