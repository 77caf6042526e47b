import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ChangeHub } from '../../../../lib/dev/change-hub.ts'
import { serveChanges } from '../../../../lib/dev/http/serve-changes.ts'
import { jobWith } from '../../../support/job-changes.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

const stack = '0123abcd'

async function kit() {
  const hub = new ChangeHub()
  const changes = serveChanges({ hub, stack, isQueue: name => name === 'mails' || name === 'other' })
  const server = createServer((request, response) => {
    if (!changes.take(request, response)) response.writeHead(418).end()
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/changes`
  const push = (id: string, queue = 'mails'): void => hub.push({ before: undefined, after: jobWith({ id, queue }) }, 0)
  const get = async (query = '') => {
    const response = await fetch(`${url}${query}`)
    return { status: response.status, body: response.ok ? ((await response.json()) as Page) : undefined }
  }
  return { hub, changes, push, get, url }
}

interface Page {
  readonly changes: readonly { readonly id: string }[]
  readonly next: string
  readonly isSampled: boolean
}

/** What a stream has brought, until the text is in it. */
async function readUntil(response: Response, text: string): Promise<string> {
  let seen = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    seen += chunk
    if (seen.includes(text)) break
  }
  return seen
}

describe('a long poll', () => {
  it('answers at once with what is there, each change once', async () => {
    const { push, get } = await kit()
    const first = await get('?wait=0')
    expect(first).toEqual({ status: 200, body: { changes: [], next: `${stack}-0`, isSampled: false } })
    push('a')
    push('b', 'other')
    const second = await get(`?after=${first.body?.next}`)
    expect(second.body?.changes.map(({ id }) => id)).toEqual(['a', 'b'])
    expect((await get(`?after=${second.body?.next}&wait=0`)).body?.changes).toEqual([])
    expect((await get(`?after=${stack}-0&queue=other`)).body?.changes.map(({ id }) => id)).toEqual(['b'])
  })

  it('waits for a change of its queue', async () => {
    const { push, get, hub } = await kit()
    const waiting = get('?queue=mails&wait=20')
    await expect.poll(() => hub.isFollowed).toBe(true)
    push('b', 'other')
    push('a')
    expect((await waiting).body?.changes.map(({ id }) => id)).toEqual(['a'])
    expect(hub.isFollowed).toBe(false)
  })

  it('ends after its wait, and when the server does', async () => {
    const { get, changes, hub } = await kit()
    expect((await get('?wait=1')).body?.changes).toEqual([])
    const waiting = get()
    await expect.poll(() => hub.isFollowed).toBe(true)
    changes.close()
    expect((await waiting).body?.changes).toEqual([])
  })

  it('begins anew with a place of an earlier run of the stack', async () => {
    const { push, get } = await kit()
    push('a')
    expect((await get('?after=ffffffff-77')).body?.changes.map(({ id }) => id)).toEqual(['a'])
  })

  it.each(['?wait=21', '?wait=x', '?after=abc', '?queue=nope', '?limit=1', '?wait=1&wait=2'])(
    'leaves %s to the function',
    async query => {
      const { get } = await kit()
      expect((await get(query)).status).toBe(418)
    },
  )
})

describe('a stream of events', () => {
  const accept = { accept: 'text/event-stream' }

  it('brings each change as it comes, and goes on where it was cut', async () => {
    const { push, url, hub } = await kit()
    const response = await fetch(url, { headers: accept })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    push('a')
    const seen = await readUntil(response, '"id":"a"')
    expect(seen).toContain(`id: ${stack}-1\nevent: change\ndata: {`)
    await expect.poll(() => hub.isFollowed).toBe(false)
    push('b')
    const again = await fetch(url, { headers: { ...accept, 'last-event-id': `${stack}-1` } })
    const rest = await readUntil(again, '"id":"b"')
    expect(rest).not.toContain('"id":"a"')
  })

  it('ends with the server', async () => {
    const { url, changes } = await kit()
    const response = await fetch(url, { headers: accept })
    changes.close()
    expect(await response.text()).toContain('retry: 1000')
  })
})
