import type { LookupAddress } from 'node:dns'
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'

export interface Post {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: string | undefined
}

/** What is read of an answer's body, and for how long, so that the receiver can end its side in peace. */
const maxDrainBytes = 64 * 1024
const maxDrainMs = 1_000
/** Node's default of 250 ms gives up on receivers at the other end of the world. */
const connectAttemptMs = 2_000

/**
 * One POST to one of the given addresses. `Host` and TLS still go by the name in the URL.
 * @throws what the socket reports when there is no answer; the signal's reason when it aborts
 */
export function postOnce(url: URL, addresses: readonly LookupAddress[], post: Post): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined
    const options: RequestOptions & { readonly autoSelectFamilyAttemptTimeout: number } = {
      method: 'POST',
      headers: { ...post.headers, 'content-length': String(Buffer.byteLength(post.body)) },
      // A shared agent could reuse a socket to an address that this run did not check.
      agent: false,
      lookup: lookupIn(addresses),
      autoSelectFamilyAttemptTimeout: connectAttemptMs,
      signal: post.signal,
    }
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options)
    outgoing.on('response', response => {
      answer = answerOf(response)
      drain(response)
    })
    outgoing.on('error', error => {
      // An answer stays an answer when its body breaks off.
      if (answer === undefined) reject(error)
    })
    // Also comes without any error: when the other side wants to switch protocols.
    outgoing.on('close', () => {
      if (answer === undefined) reject(new Error('connection closed'))
      else resolve(answer)
    })
    outgoing.end(post.body)
  })
}

/** Answers with the checked addresses, whatever the name resolves to by now. */
function lookupIn(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const first = addresses[0]
    if (options.all === true || first === undefined) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }
}

const answerOf = (response: IncomingMessage): Answer => ({
  status: response.statusCode ?? 0,
  location: response.headers.location,
  retryAfter: response.headers['retry-after'],
})

function drain(response: IncomingMessage): void {
  let bytes = 0
  const timer = setTimeout(() => response.destroy(), maxDrainMs)
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes >= maxDrainBytes) response.destroy()
  })
  // The outcome is known by now; an error without a listener would end the process.
  response.on('error', () => {})
  response.on('close', () => clearTimeout(timer))
}
