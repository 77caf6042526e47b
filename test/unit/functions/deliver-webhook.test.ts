import { createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { type DeliverySettings, deliver, deliverySettings } from '../../../functions/jobs/deliver-webhook.ts'
import { networksFrom } from '../../../functions/jobs/webhook-networks.ts'
import { newWebhookKeys } from '../../../functions/jobs/webhook-signature.ts'
import { FailForGood, RetryAfter } from '../../../lib/core/definition/handler-errors.ts'
import { openReceiver, type Received, type Receiver } from '../../support/receiver.ts'
import { fakeRun } from '../../support/run-context.ts'

const { privateKey, publicKey } = newWebhookKeys()
const env = { LAMPLIGHTER_WEBHOOK_KEY: privateKey, LAMPLIGHTER_WEBHOOK_NETWORKS: '127.0.0.0/8,::1/128' }
const settings: DeliverySettings = { ...deliverySettings(env), timeoutMs: 5_000 }
const toLoopback = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function receiver(
  answer: (response: ServerResponse, request: Received) => void,
  tls?: { key: string; cert: string },
): Promise<Receiver> {
  const opened = await openReceiver(answer, tls)
  open.push(opened)
  return opened
}

const answering = (status: number, headers: Record<string, string> = {}): Promise<Receiver> =>
  receiver(response => response.writeHead(status, headers).end('a body that belongs in no message'))

/** A server below HTTP. */
async function socketServer(onSocket: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer(onSocket).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const post = (url: string, change: Partial<DeliverySettings> = {}, run = fakeRun({ id: 'job-1' })) =>
  deliver({ url, body: { hello: 'wörld' } }, run.ctx, { ...settings, ...change })
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    result => ({ unexpected: result }),
    (error: unknown) => error,
  )

describe('a delivery', () => {
  it('is one POST of the body as JSON, which the receiver can verify and recognise', async () => {
    const { origin, received } = await answering(200)
    await expect(post(`${origin}/in?x=1`)).resolves.toEqual({ status: 200, tookMs: expect.any(Number) })
    expect(received).toHaveLength(1)
    const { method, path, headers, body } = received[0] as Received
    expect({ method, path, body }).toEqual({ method: 'POST', path: '/in?x=1', body: '{"hello":"wörld"}' })
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'job-1' })
    const signed = `job-1.${String(headers['webhook-timestamp'])}.${body}`
    const [scheme, signature = ''] = String(headers['webhook-signature']).split(',')
    const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    expect(scheme).toBe('v1a')
    expect(verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64'))).toBe(true)
    expect(Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']))).toBeLessThan(10)
  })

  it.each([201, 202, 204, 299])('is done when the receiver answers %i', async status => {
    const { origin } = await answering(status)
    await expect(post(origin)).resolves.toMatchObject({ status })
  })

  it('fails for good when the receiver answers 410', async () => {
    const { origin } = await answering(410)
    await expect(post(origin)).rejects.toThrow(FailForGood)
  })

  it.each([300, 304, 400, 401, 404, 408, 429, 500, 502, 503])(
    'fails for now, with nothing but the status, when the receiver answers %i',
    async status => {
      const { origin } = await answering(status)
      const failure = await failureOf(post(origin))
      expect(failure).toMatchObject({ name: 'Error', message: `the receiver answered ${status}` })
    },
  )

  it.each([429, 503])('comes back when a receiver that answers %i says so, in seconds or by date', async status => {
    const now = Date.parse('2026-11-22T12:00:00Z')
    for (const retryAfter of ['40', 'Sun, 22 Nov 2026 12:00:40 GMT']) {
      const { origin } = await answering(status, { 'retry-after': retryAfter })
      const failure = await failureOf(post(origin, { now: () => now }))
      expect(failure).toBeInstanceOf(RetryAfter)
      expect(failure).toMatchObject({ delayMs: 40_000, message: `the receiver answered ${status}` })
    }
  })

  it('takes no heed of Retry-After with another status', async () => {
    const { origin } = await answering(500, { 'retry-after': '40' })
    expect(await failureOf(post(origin))).toMatchObject({ name: 'Error' })
  })

  it('sends nothing without a key, and is tried again', async () => {
    const { origin, received } = await answering(200)
    const failure = await failureOf(post(origin, { keys: deliverySettings({}).keys }))
    expect(failure).toMatchObject({ name: 'Error', message: 'LAMPLIGHTER_WEBHOOK_KEY_ARN is not set' })
    expect(received).toEqual([])
  })
})

describe('a delivery without an answer', () => {
  it('fails for now when nobody listens', async () => {
    const gone = await openReceiver(() => {})
    await gone.close()
    expect(await failureOf(post(gone.origin))).toMatchObject({ name: 'Error', message: 'no answer: ECONNREFUSED' })
  })

  it.each([
    ['closes', '', 'ECONNRESET'],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.9\r\n', 'HPE_'],
    ['sends endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 'HPE_HEADER_OVERFLOW'],
    ['switches protocols', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'connection closed'],
  ])('fails for now when the other side %s', async (_, bytes, code) => {
    const origin = await socketServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(bytes))
    })
    const failure = await failureOf(post(origin))
    expect(failure).toMatchObject({ name: 'Error', message: expect.stringMatching(`^no answer: ${code}`) })
  })

  it('fails for now when its time is up', async () => {
    const { origin } = await receiver(() => {})
    const failure = await failureOf(post(origin, { timeoutMs: 50 }))
    expect(failure).toMatchObject({ name: 'Error', message: 'no answer within 50ms' })
  })

  it('fails for now when its time is up before the key was read', async () => {
    const { origin, received } = await answering(200)
    const failure = await failureOf(post(origin, { timeoutMs: 50, keys: () => new Promise(() => {}) }))
    expect(failure).toMatchObject({ name: 'Error', message: 'no answer within 50ms' })
    expect(received).toEqual([])
  })

  it('ends with the run: the connection closes and the reason is thrown', async () => {
    const run = fakeRun()
    const closed = Promise.withResolvers<void>()
    const { origin } = await receiver(response => {
      response.on('close', () => closed.resolve())
      run.abort(new Error('cancelled'))
    })
    await expect(post(origin, {}, run)).rejects.toThrow('cancelled')
    await closed.promise
  })

  it.each([
    ['before', (abort: () => void) => abort()],
    ['while', (abort: () => void) => void setImmediate(abort)],
  ])('ends with a run that is aborted %s the name is looked up', async (_, when) => {
    const run = fakeRun()
    const lookup = () => {
      when(() => run.abort(new Error('cancelled')))
      return new Promise<never>(() => {})
    }
    await expect(post('http://hooks.example', { lookup }, run)).rejects.toThrow('cancelled')
  })
})

describe('an answer with a body', () => {
  it('counts by its status although the body never ends', async () => {
    const closed = Promise.withResolvers<void>()
    const { origin } = await receiver(response => {
      response.writeHead(200)
      const more = () => {
        while (response.write('x'.repeat(8_192)));
      }
      response.on('drain', more).on('close', () => closed.resolve())
      more()
    })
    const { status, tookMs } = await post(origin)
    expect(status).toBe(200)
    // Less than the second after which any body is left: it was its size that ended it.
    expect(tookMs).toBeLessThan(1_000)
    await closed.promise
  })

  it('counts by its status although the body never comes, and is not waited for', async () => {
    const { origin } = await receiver(response => response.writeHead(200).flushHeaders())
    const { tookMs } = await post(origin)
    expect(tookMs).toBeLessThan(3_000)
  })

  it('counts by its status although the time is up before the body has come', async () => {
    const { origin } = await receiver(response => response.writeHead(410).flushHeaders())
    await expect(post(origin, { timeoutMs: 300 })).rejects.toThrow(FailForGood)
  })

  it('counts by its status although the body is not HTTP', async () => {
    const origin = await socketServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'))
    })
    await expect(post(origin)).resolves.toMatchObject({ status: 200 })
  })

  it('counts by its status although the body breaks off', async () => {
    const { origin } = await receiver(response => {
      response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy())
    })
    await expect(post(origin)).resolves.toMatchObject({ status: 200 })
  })
})

describe('a redirect', () => {
  it.each([307, 308])('with %i is followed with method, body and signature', async status => {
    const last = await answering(200)
    const first = await answering(status, { location: `${last.origin}/moved` })
    await expect(post(first.origin)).resolves.toMatchObject({ status: 200 })
    const [sent, resent] = [first.received[0], last.received[0]]
    expect(resent).toMatchObject({ method: 'POST', path: '/moved', body: sent?.body })
    expect(resent?.headers).toEqual({ ...sent?.headers, host: `127.0.0.1:${last.port}` })
  })

  it.each([301, 302, 303])('with %i is not followed, and fails for now', async status => {
    const last = await answering(200)
    const first = await answering(status, { location: last.origin })
    expect(await failureOf(post(first.origin))).toMatchObject({ message: `the receiver answered ${status}` })
    expect(last.received).toEqual([])
  })

  it('is followed three times and no more', async () => {
    const { origin, received } = await receiver((response, { path }) => {
      const steps = Number(path.slice(1))
      response.writeHead(steps === 0 ? 200 : 307, { location: `/${steps - 1}` }).end()
    })
    await expect(post(`${origin}/3`)).resolves.toMatchObject({ status: 200 })
    expect(received).toHaveLength(4)
    expect(await failureOf(post(`${origin}/4`))).toMatchObject({ name: 'Error', message: 'more than 3 redirects' })
    expect(received).toHaveLength(8)
  })

  describe('and the listed networks', () => {
    const inside = { ...settings, networks: networksFrom('127.0.0.1/32') }

    it('leads from one machine inside to another', async () => {
      const last = await answering(200)
      const first = await answering(307, { location: last.origin })
      await expect(deliver({ url: first.origin, body: 1 }, fakeRun().ctx, inside)).resolves.toMatchObject({
        status: 200,
      })
    })

    it('leads from one inside to none that is not listed', async () => {
      const last = await answering(200)
      const first = await answering(307, { location: `http://127.0.0.2:${last.port}/` })
      const failure = await failureOf(deliver({ url: first.origin, body: 1 }, fakeRun().ctx, inside))
      expect(failure).toMatchObject({ name: 'FailForGood', message: 'address 127.0.0.2 is refused: loopback' })
      expect([first.received.length, last.received.length]).toEqual([1, 0])
    })

    it('leads from none outside into them', async () => {
      const last = await answering(200)
      const first = await answering(307, { location: last.origin })
      // One public address makes it a name outside. The connection goes to the first address that answers.
      const lookup = () =>
        Promise.resolve([
          { address: '127.0.0.1', family: 4 },
          { address: '8.8.8.8', family: 4 },
        ])
      const url = `http://hooks.example:${first.port}/`
      const failure = await failureOf(deliver({ url, body: 1 }, fakeRun().ctx, { ...inside, lookup }))
      expect(failure).toMatchObject({ name: 'FailForGood', message: 'address 127.0.0.1 is refused: loopback' })
      expect([first.received.length, last.received.length]).toEqual([1, 0])
    })
  })

  it('to a name with a refused address is refused', async () => {
    const first = await answering(307, { location: 'http://intra.example/' })
    const lookup = () => Promise.resolve([{ address: '0.0.0.0', family: 4 }])
    await expect(post(first.origin, { lookup })).rejects.toThrow('address 0.0.0.0 is refused: unspecified')
  })

  it.each(['http://user:secret@hooks.example/', 'ftp://hooks.example/', 'file:///etc/passwd', 'http://['])(
    'to %s is refused',
    async location => {
      const { origin } = await answering(308, { location })
      const failure = await failureOf(post(origin))
      expect(failure).toMatchObject({ name: 'FailForGood', message: 'redirect to a URL that is not allowed' })
    },
  )

  it('without a location fails for now', async () => {
    const { origin } = await answering(307)
    expect(await failureOf(post(origin))).toMatchObject({ name: 'Error', message: 'the receiver answered 307' })
  })
})

describe('a host name', () => {
  it('is looked up once, and the connection goes to that very address', async () => {
    const { port, received } = await answering(200)
    let looks = 0
    const lookup = () => Promise.resolve([{ address: looks++ === 0 ? '127.0.0.1' : '127.0.0.9', family: 4 }])
    // No resolver knows .example (RFC 2606): only the given look-up can have led there.
    await expect(post(`http://hooks.example:${port}/`, { lookup })).resolves.toMatchObject({ status: 200 })
    expect(looks).toBe(1)
    expect(received[0]?.headers.host).toBe(`hooks.example:${port}`)
  })

  it('with several addresses is reached by the one that answers', async () => {
    const { port } = await answering(200)
    const lookup = () =>
      Promise.resolve([
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ])
    await expect(post(`http://hooks.example:${port}/`, { lookup })).resolves.toMatchObject({ status: 200 })
  })

  it('that is public but resolves to a private address is refused, and nobody is called', async () => {
    const { port, received } = await answering(200)
    const failure = await failureOf(post(`http://hooks.example:${port}/`, { lookup: toLoopback, networks: [] }))
    expect(failure).toMatchObject({ name: 'FailForGood', message: 'address 127.0.0.1 is refused: loopback' })
    expect(received).toEqual([])
  })
})

describe('over TLS', () => {
  const pem = (kind: string) =>
    readFileSync(new URL(`../../support/fixtures/webhook-receiver.${kind}.pem`, import.meta.url), 'utf8')
  // Made for hooks.example, valid until 2120, and used nowhere else.
  const tls = { key: pem('key'), cert: pem('cert') }
  const trusted = getCACertificates()
  afterEach(() => setDefaultCACertificates(trusted))

  it('the certificate is checked against the name, while the address is the one looked up', async () => {
    const { port, received } = await receiver(response => response.end(), tls)
    expect(await failureOf(post(`https://hooks.example:${port}/`, { lookup: toLoopback }))).toMatchObject({
      message: 'no answer: DEPTH_ZERO_SELF_SIGNED_CERT',
    })
    setDefaultCACertificates([tls.cert])
    expect(await failureOf(post(`https://other.example:${port}/`, { lookup: toLoopback }))).toMatchObject({
      message: 'no answer: ERR_TLS_CERT_ALTNAME_INVALID',
    })
    expect(received).toEqual([])
    await expect(post(`https://hooks.example:${port}/`, { lookup: toLoopback })).resolves.toMatchObject({ status: 200 })
    expect(received).toHaveLength(1)
  })

  it('a redirect to plain HTTP is refused', async () => {
    setDefaultCACertificates([tls.cert])
    const plain = await answering(200)
    const { port } = await receiver(response => response.writeHead(307, { location: plain.origin }).end(), tls)
    const failure = await failureOf(post(`https://hooks.example:${port}/`, { lookup: toLoopback }))
    expect(failure).toMatchObject({ name: 'FailForGood', message: 'redirect from https to http' })
    expect(plain.received).toEqual([])
  })
})

describe('deliverySettings', () => {
  it('opens no network unless one is listed', () => {
    expect(deliverySettings({}).networks).toEqual([])
    expect(deliverySettings({ LAMPLIGHTER_ALLOW_PRIVATE_ADDRESSES: '1' }).networks).toEqual([])
    expect(deliverySettings(env).networks).toHaveLength(2)
  })

  it('refuses a wrong list, or keys of the wrong form, when it is read', () => {
    expect(() => deliverySettings({ LAMPLIGHTER_WEBHOOK_NETWORKS: '1' })).toThrow(
      "LAMPLIGHTER_WEBHOOK_NETWORKS holds '1'",
    )
    expect(() => deliverySettings({ LAMPLIGHTER_WEBHOOK_KEY: '1' })).toThrow('LAMPLIGHTER_WEBHOOK_KEY must hold')
  })

  it('resolves real names, all their addresses', async () => {
    const { port, received } = await answering(200)
    await expect(post(`http://localhost:${port}/`)).resolves.toMatchObject({ status: 200 })
    expect(received).toHaveLength(1)
    await expect(post(`http://localhost:${port}/`, { networks: [] })).rejects.toThrow(FailForGood)
  })
})
