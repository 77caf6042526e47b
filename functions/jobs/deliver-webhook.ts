import { lookup } from 'node:dns/promises'
import { is } from 'valibot'
import { FailForGood, RetryAfter } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { formatMs } from '../../lib/core/values/duration.ts'
import { webhookUrl } from '../jobs.ts'
import { type Answer, type Post, postOnce } from './post-once.ts'
import { retryAfterMs } from './retry-after.ts'
import { type AddressRules, codeOf, safeAddresses } from './safe-address.ts'
import { type WebhookKeys, webhookKeys } from './webhook-keys.ts'
import { networksFrom } from './webhook-networks.ts'
import { signatureHeaders } from './webhook-signature.ts'

export interface DeliverySettings extends AddressRules {
  readonly keys: WebhookKeys
  /** For everything: the key, look-ups, redirects and the answer. */
  readonly timeoutMs: number
  readonly now: () => number
}

const maxRedirects = 3

/** Most workers never read a secret, and need not load the client of another service. */
async function secretText(name: string): Promise<string> {
  const { readSecret } = await import('./read-secret.ts')
  return readSecret(name)
}

/**
 * Reads `LAMPLIGHTER_WEBHOOK_KEY_ARN` or `LAMPLIGHTER_WEBHOOK_KEY`, and `LAMPLIGHTER_WEBHOOK_NETWORKS`.
 * The whole delivery gets 20 s: less than the job's own 30 s, so that the failure says what was slow.
 * @throws Error naming the variable, what it holds (unless that is secret) and what is allowed
 */
export const deliverySettings = (env: NodeJS.ProcessEnv): DeliverySettings => ({
  keys: webhookKeys(env, secretText, Date.now),
  networks: networksFrom(env['LAMPLIGHTER_WEBHOOK_NETWORKS'] ?? ''),
  lookup: hostname => lookup(hostname, { all: true }),
  timeoutMs: 20_000,
  now: Date.now,
})

/**
 * Posts the body once, and lets the answer decide: 2xx is done; 410 means that the receiver wants no more; 429 and 503
 * may say when to come back; everything else is tried again after the job's backoff.
 * @throws FailForGood, RetryAfter, or Error with a short message that holds nothing the receiver sent
 */
export async function deliver(
  input: { readonly url: string; readonly body: unknown },
  ctx: RunContext,
  settings: DeliverySettings,
): Promise<{ readonly status: number; readonly tookMs: number }> {
  const startedAt = settings.now()
  const { status, retryAfter } = await answerInTime(input.url, JSON.stringify(input.body), ctx, settings)
  if (status >= 200 && status <= 299) return { status, tookMs: settings.now() - startedAt }
  if (status === 410) throw new FailForGood('the receiver answered 410: it wants no more deliveries')
  const waitMs = status === 429 || status === 503 ? retryAfterMs(retryAfter, settings.now()) : undefined
  // Never earlier than the backoff: a receiver that asks for a second each time would use up all attempts in seconds.
  if (waitMs !== undefined) throw new RetryAfter(`${waitMs}ms`, `the receiver answered ${status}`)
  throw new Error(`the receiver answered ${status}`)
}

function answerInTime(url: string, body: string, ctx: RunContext, settings: DeliverySettings): Promise<Answer> {
  const timeUp = AbortSignal.timeout(settings.timeoutMs)
  const signal = AbortSignal.any([ctx.signal, timeUp])
  return signedAnswer(url, { id: ctx.job.id, body, signal }, settings).catch((thrown: unknown) => {
    ctx.signal.throwIfAborted()
    if (timeUp.aborted) throw new Error(`no answer within ${formatMs(settings.timeoutMs)}`)
    throw thrown
  })
}

async function signedAnswer(
  url: string,
  { id, body, signal }: { readonly id: string; readonly body: string; readonly signal: AbortSignal },
  settings: DeliverySettings,
): Promise<Answer> {
  const keys = await unlessAborted(settings.keys(), signal)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Lamplighter',
    ...signatureHeaders(keys, id, settings.now(), body),
  }
  return answerAfterRedirects(url, { headers, body, signal }, settings)
}

/**
 * Only 307 and 308 are followed: they keep method and body (RFC 9110, 15.4). After 301, 302 and 303 most clients go on
 * with a GET, which delivers nothing; they count as failures, like any other status.
 *
 * A delivery stays outside of the listed networks, or has never left them: no receiver on the internet can point it at
 * a machine inside.
 */
async function answerAfterRedirects(start: string, post: Post, given: AddressRules): Promise<Answer> {
  let url = new URL(start)
  let rules = given
  for (let redirects = 0; ; redirects += 1) {
    const { addresses, isInside } = await unlessAborted(safeAddresses(url, rules), post.signal)
    if (!isInside) rules = { ...rules, networks: [] }
    const answer = await postOnce(url, addresses, post).catch((thrown: unknown) => {
      throw new Error(`no answer: ${codeOf(thrown)}`)
    })
    if ((answer.status !== 307 && answer.status !== 308) || answer.location === undefined) return answer
    if (redirects === maxRedirects) throw new Error(`more than ${maxRedirects} redirects`)
    url = redirectTarget(url, answer.location)
  }
}

function redirectTarget(from: URL, location: string): URL {
  const to = URL.parse(location, from.href)
  if (to === null || !is(webhookUrl, to.href)) throw new FailForGood('redirect to a URL that is not allowed')
  if (from.protocol === 'https:' && to.protocol === 'http:') throw new FailForGood('redirect from https to http')
  return to
}

/** Work that cannot be called back, such as a look-up, can only be left behind. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const leave = () => aborted.reject(new Error('aborted'))
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
