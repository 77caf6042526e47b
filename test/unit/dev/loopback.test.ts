import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  browserSafePorts,
  firstFreePort,
  freePort,
  isFromPage,
  isOwnHost,
  listenOn,
} from '../../../lib/dev/loopback.ts'

describe('a request of a web page', () => {
  const own = { host: '127.0.0.1:4000' }

  it.each([
    ['another name (DNS rebinding)', { host: 'evil.example:4000' }],
    ['no name', {}],
    ['an origin', { ...own, origin: 'http://evil.example' }],
    ['an origin that is hidden', { ...own, origin: 'null' }],
    ['where it was fetched from', { ...own, 'sec-fetch-site': 'cross-site' }],
  ])('is known by %s', (_, headers) => {
    expect(isFromPage(headers)).toBe(true)
  })

  it.each(['127.0.0.1', '127.0.0.1:4000', 'localhost:4000', '[::1]:4000', 'LOCALHOST'])('is not one for %s', host => {
    expect(isOwnHost(host)).toBe(true)
    expect(isFromPage({ host, 'user-agent': 'aws-sdk-js' })).toBe(false)
  })

  it.each(['127.0.0.1.evil.example', 'localhost.evil.example', 'evil.example', '127.0.0.1:4000@evil', '', '127.0.0.2'])(
    'may not call itself %s',
    host => expect(isOwnHost(host)).toBe(false),
  )
})

describe('ports', () => {
  it('that browsers refuse are refused by fetch, which keeps the same list', async () => {
    for (const port of browserSafePorts) {
      const failure = await fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error)
      expect((failure as Error).cause, String(port)).toMatchObject({ message: 'bad port' })
    }
  })

  it('that somebody uses are passed over', async () => {
    const server = createServer()
    const taken = await listenOn(server, 0)
    const free = await freePort()
    expect(await firstFreePort([taken, free])).toBe(free)
    expect(await firstFreePort([taken])).toBeUndefined()
    server.close()
  })
})
