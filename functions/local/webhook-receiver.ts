import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/**
 * A receiver of webhooks for the sample jobs. `/orders` takes every delivery, `/busy` asks for five seconds of patience
 * at the first try of each, `/gone` wants none. A delivery without a fitting signature is refused.
 */
export interface WebhookReceiver {
  readonly url: string
  close(): Promise<void>
}

/** As long as the first backoff may be at most, so that this is what counts. */
const retryAfterSeconds = 5

/** @param privateKey the sender's, which holds the public key; a real receiver gets only that one, as `whpk_…` */
export async function startWebhookReceiver(privateKey: string): Promise<WebhookReceiver> {
  const key = publicKeyIn(privateKey)
  const seen = new Set<string>()
  const server = createServer((request, response) => {
    statusFor(request, key, seen)
      .then(status => answer(response, status))
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function statusFor(request: IncomingMessage, key: KeyObject, seen: Set<string>): Promise<number> {
  const id = String(request.headers['webhook-id'])
  const signed = `${id}.${String(request.headers['webhook-timestamp'])}.${await text(request)}`
  if (!isSigned(signed, String(request.headers['webhook-signature']), key)) return 401
  const isFirst = !seen.has(id)
  seen.add(id)
  if (request.url === '/gone') return 410
  return request.url === '/busy' && isFirst ? 503 : 204
}

/** As Standard Webhooks describes it. A real receiver also refuses an old timestamp. */
function isSigned(signed: string, signatures: string, key: KeyObject): boolean {
  return signatures.split(' ').some(signature => {
    const [scheme, bytes = ''] = signature.split(',')
    return scheme === 'v1a' && verify(null, Buffer.from(signed), key, Buffer.from(bytes, 'base64'))
  })
}

/** The second half of a private key (`whsk_…`). */
function publicKeyIn(privateKey: string): KeyObject {
  const x = Buffer.from(privateKey.slice('whsk_'.length), 'base64').subarray(32).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {})
  response.end()
}
