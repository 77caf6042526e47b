import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/**
 * A receiver of webhooks for the sample jobs. `/orders` takes every delivery, `/busy` asks for two seconds of patience
 * at the first try of each, `/gone` wants none. A delivery without a fitting signature is refused.
 */
export interface WebhookReceiver {
  readonly url: string
  close(): Promise<void>
}

const retryAfterSeconds = 2

export async function startWebhookReceiver(secret: string): Promise<WebhookReceiver> {
  const seen = new Set<string>()
  const server = createServer((request, response) => {
    statusFor(request, secret, seen)
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

async function statusFor(request: IncomingMessage, secret: string, seen: Set<string>): Promise<number> {
  const id = String(request.headers['webhook-id'])
  const signed = `${id}.${String(request.headers['webhook-timestamp'])}.${await text(request)}`
  if (!String(request.headers['webhook-signature']).split(' ').includes(signatureOf(signed, secret))) return 401
  const isFirst = !seen.has(id)
  seen.add(id)
  if (request.url === '/gone') return 410
  return request.url === '/busy' && isFirst ? 503 : 204
}

/** As Standard Webhooks describes it. A real receiver also refuses an old timestamp, and compares in constant time. */
function signatureOf(signed: string, secret: string): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {})
  response.end()
}
