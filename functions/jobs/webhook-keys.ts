/** Where the keys that sign webhooks come from. */
import type { KeyObject } from 'node:crypto'
import { signingKeys } from './webhook-signature.ts'

/** The keys to sign with now. Rejects when there is none: the delivery is tried again. */
export type WebhookKeys = () => Promise<readonly KeyObject[]>

/** A rotated key signs after this time at the latest, without a deploy. */
const maxAgeMs = 300_000

/** What a secret store does: gives the text under a name. */
export type ReadSecret = (name: string) => Promise<string>

/**
 * `LAMPLIGHTER_WEBHOOK_KEY_ARN` names the secret in Secrets Manager that holds the keys: it is read at the first
 * delivery, and again when five minutes have passed. `LAMPLIGHTER_WEBHOOK_KEY` holds the keys themselves, for local work.
 * @throws Error when both are set, or the keys in the second have the wrong form
 */
export function webhookKeys(env: NodeJS.ProcessEnv, readSecret: ReadSecret, now: () => number): WebhookKeys {
  const { LAMPLIGHTER_WEBHOOK_KEY_ARN: arn = '', LAMPLIGHTER_WEBHOOK_KEY: text = '' } = env
  if (arn !== '' && text !== '') {
    throw new Error('LAMPLIGHTER_WEBHOOK_KEY_ARN and LAMPLIGHTER_WEBHOOK_KEY are both set; allowed: one of them')
  }
  if (arn !== '') {
    const source = `the secret in LAMPLIGHTER_WEBHOOK_KEY_ARN`
    return cachedFor(maxAgeMs, now, async () => signingKeys(await readSecret(arn), source))
  }
  if (text === '') return () => Promise.reject(new Error('LAMPLIGHTER_WEBHOOK_KEY_ARN is not set'))
  const keys = signingKeys(text, 'LAMPLIGHTER_WEBHOOK_KEY')
  return () => Promise.resolve(keys)
}

/** One read for all that ask at the same time. A failure is not kept: whoever asks next reads again. */
function cachedFor<T>(maxMs: number, now: () => number, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly value: Promise<T>; readonly until: number } | undefined
  return () => {
    if (last !== undefined && now() < last.until) return last.value
    const value = read()
    const mine = { value, until: now() + maxMs }
    last = mine
    value.catch(() => {
      if (last === mine) last = undefined
    })
    return value
  }
}
