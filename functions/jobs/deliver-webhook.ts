import { lookup } from 'node:dns/promises'
import { is } from 'valibot'
import { FailForGood, RetryAfter } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { formatMs } from '../../lib/core/values/duration.ts'
import { webhookUrl } from '../jobs.ts'
import { type Answer, type Post, postOnce } from './post-once.ts'
import { retryAfterMs } from './retry-after.ts'
import { type AddressRules, codeOf, safeAddresses } from './safe-address.ts'
import { signatureHeaders, signingKeys } from './webhook-signature.ts'

export interface DeliverySettings extends AddressRules {
  /** `whsec_` and a key in base64; several with spaces between, while receivers change over. */
  readonly secrets: string | undefined
  /** For everything: look-ups, redirects and the answer. */
  readonly timeoutMs: number
  readonly now: () => number
}

const maxRedirects = 3

/**
 * Reads `LAMPLIGHTER_WEBHOOK_SECRET`, and `LAMPLIGHTER_ALLOW_PRIVATE_ADDRESSES`, of which only `1` allows them.
 * The whole delivery gets 20 s: less than the job's own 30 s, so that the failure says what was slow.
 */
export const deliverySettings = (env: NodeJS.ProcessEnv): DeliverySettings => ({
  secrets: env['LAMPLIGHTER_WEBHOOK_SECRET'],
  isPrivateAllowed: env['LAMPLIGHTER_ALLOW_PRIVATE_ADDRESSES'] === '1',
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
  const body = JSON.stringify(input.body)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Lamplighter',
    ...signatureHeaders(signingKeys(settings.secrets), ctx.job.id, startedAt, body),
  }
  const { status, retryAfter } = await answerInTime(input.url, { headers, body }, ctx, settings)
  if (status >= 200 && status <= 299) return { status, tookMs: settings.now() - startedAt }
  if (status === 410) throw new FailForGood('the receiver answered 410: it wants no more deliveries')
  const waitMs = status === 429 || status === 503 ? retryAfterMs(retryAfter, settings.now()) : undefined
  if (waitMs !== undefined) throw new RetryAfter(`${waitMs}ms`, `the receiver answered ${status}`)
  throw new Error(`the receiver answered ${status}`)
}

function answerInTime(
  url: string,
  post: Omit<Post, 'signal'>,
  ctx: RunContext,
  settings: DeliverySettings,
): Promise<Answer> {
  const timeUp = AbortSignal.timeout(settings.timeoutMs)
  const signal = AbortSignal.any([ctx.signal, timeUp])
  return answerAfterRedirects(url, { ...post, signal }, settings).catch((thrown: unknown) => {
    ctx.signal.throwIfAborted()
    if (timeUp.aborted) throw new Error(`no answer within ${formatMs(settings.timeoutMs)}`)
    throw thrown
  })
}

/**
 * Only 307 and 308 are followed: they keep method and body (RFC 9110, 15.4). After 301, 302 and 303 most clients go on
 * with a GET, which delivers nothing; they count as failures, like any other status.
 */
async function answerAfterRedirects(given: string, post: Post, rules: AddressRules): Promise<Answer> {
  let url = new URL(given)
  for (let redirects = 0; ; redirects += 1) {
    const addresses = await unlessAborted(safeAddresses(url, rules), post.signal)
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

/** A look-up cannot be called back; it can only be left behind. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new Error('aborted'))
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    work.then(resolve, reject)
  })
}
