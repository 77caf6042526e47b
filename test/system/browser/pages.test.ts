/** No page of another origin reads or writes anything of the local stack. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { buildApp } from 'fauxqs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTable } from '../../../lib/aws/dynamodb/create-table.ts'
import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { freePort, listenOn } from '../../../lib/dev/loopback.ts'
import { type DevProgram, startDev } from '../../support/dev-program.ts'
import { enqueueAt, newFolder, removeFolder, TestStack } from '../../support/local-stack.ts'
import { descendantsOf, untilGone } from '../../support/processes.ts'
import { listeningPortsOf } from '../../support/sockets.ts'
import { application, handlersWith } from '../../unit/bundle/application.ts'
import { type Attempt, attackScript, plantedId } from './attack.ts'

const settings = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
const blank = '<!doctype html><title>another site</title><body></body>'

let browser: Browser
let otherSite: number
const closers: (() => unknown)[] = []

beforeAll(async () => {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(blank))
  otherSite = await listenOn(server, 0)
  closers.push(() => server.close())
  browser = await chromium.launch({
    executablePath: process.env['LAMPLIGHTER_CHROMIUM'] ?? '',
    args: [
      '--no-sandbox',
      // A name that resolves to this machine, as an attacker's may.
      '--host-resolver-rules=MAP *.example 127.0.0.1',
      // Newer browsers also ask the person before a page reaches the local network. Not all do, and people say yes.
      '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWarn',
    ],
  })
  closers.push(() => browser.close())
})
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

/** Whether the page comes from another port of this machine, or from a name that points here by now (DNS rebinding). */
const origins = {
  'another port': (port: number) => ({ page: `http://127.0.0.1:${otherSite}/`, base: `http://127.0.0.1:${port}` }),
  'another site': (port: number) => ({ page: `http://evil.example:${otherSite}/`, base: `http://127.0.0.1:${port}` }),
  'a name that points here': (port: number) => ({
    page: `http://evil.example:${port}/`,
    base: `http://evil.example:${port}`,
  }),
} as const

async function attack(from: keyof typeof origins, port: number, secret: string, queueUrl: string) {
  const { page: url, base } = origins[from](port)
  const page: Page = await browser.newPage()
  try {
    // A rebinding page was loaded from the attacker's machine, under this very name and port.
    if (url.startsWith(base)) {
      let isLoaded = false
      await page.route(url, route => {
        if (isLoaded) return route.continue()
        isLoaded = true
        return route.fulfill({ contentType: 'text/html', body: blank })
      })
    }
    await page.goto(url)
    return await page.evaluate<readonly Attempt[]>(attackScript(base, secret, queueUrl))
  } finally {
    await page.close()
  }
}

/** Without what the sweeper notes for itself. The engine gives items and attributes in no order. */
const itemsOf = async (endpoint: string): Promise<readonly string[]> => {
  const client = new DynamoDBClient({ ...settings, endpoint })
  const { Items: items = [] } = await client.send(new ScanCommand({ TableName: 'lamplighter' }))
  client.destroy()
  return items
    .filter(({ id }) => id?.S?.startsWith('#') !== true)
    .map(attributes =>
      JSON.stringify(Object.entries(attributes).toSorted(([one], [other]) => one.localeCompare(other))),
    )
    .toSorted()
}

const messagesIn = async (queueUrl: string): Promise<string | undefined> => {
  const client = new SQSClient({ ...settings, endpoint: new URL(queueUrl).origin })
  const { Attributes: attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  )
  client.destroy()
  return attributes?.['ApproximateNumberOfMessages']
}

const successes = (attempts: readonly Attempt[], secret: string): readonly string[] =>
  attempts.flatMap(({ how, read }) => (read?.includes(secret) ? [how] : []))

describe('the local stack', () => {
  let folder: string
  let lamps: TestStack
  let ports: readonly number[]
  beforeAll(async () => {
    folder = newFolder()
    lamps = await TestStack.start({ dataDir: folder, tickMs: 3_600_000 })
    const notOurs = new Set([otherSite])
    ports = listeningPortsOf([process.pid, ...lamps.stack.pids()]).filter(port => !notOurs.has(port))
  })
  afterAll(async () => {
    await lamps.stack.stop()
    removeFolder(folder)
  })

  it.each(Object.keys(origins) as (keyof typeof origins)[])('gives and takes nothing, to a page of %s', async from => {
    const { env } = lamps.stack
    const secret = await lamps.enqueue('quick', { number: 1 }, { delay: '1h' })
    const [dynamo, queues] = [env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '', env['LAMPLIGHTER_QUEUES'] ?? '{}']
    const { alone = '' } = JSON.parse(queues) as { alone?: string }
    const before = await itemsOf(dynamo)
    // API, table and queues.
    expect(ports).toEqual(
      expect.arrayContaining([lamps.stack.url, dynamo, alone].map(url => Number(new URL(url).port))),
    )
    for (const port of ports) {
      const attempts = await attack(from, port, secret, alone)
      expect(attempts.length).toBeGreaterThan(20)
      expect({ port, read: successes(attempts, secret) }).toEqual({ port, read: [] })
      expect(JSON.stringify(attempts)).not.toMatch(/TableName|QueueUrl|ListTopicsResponse/)
    }
    expect(await itemsOf(dynamo)).toEqual(before)
    expect(await messagesIn(alone)).toBe('0')
    expect(lamps.changes.map(({ id }) => id)).not.toContain(plantedId)
  })
})

describe('lamplighter dev', { timeout: 180_000 }, () => {
  let program: DevProgram
  let folder: string
  let inspector: number
  beforeAll(async () => {
    ;({ folder } = application({ 'handlers.ts': handlersWith('') }))
    inspector = await freePort()
    program = startDev({ folder, args: ['--inspect', String(inspector), '--tick', '1h'] })
    const url = await program.url()
    // The sandbox, and its debugger, start with its first event.
    await enqueueAt(url, 'greet', {})
    await program.line(/COMPLETED/)
  }, 60_000)
  afterAll(async () => {
    const gone = descendantsOf(program.child.pid ?? 0)
    program.child.kill('SIGINT')
    await program.ended
    await untilGone(gone)
  })

  it.each(Object.keys(origins) as (keyof typeof origins)[])(
    'its page, API, engines and debugger give and take nothing, to a page of %s',
    async from => {
      const url = await program.url()
      const env = parseEnv(readFileSync(join(folder, '.lamplighter/env'), 'utf8')) as Record<string, string>
      const dynamo = env['AWS_ENDPOINT_URL_DYNAMODB'] ?? ''
      const { default: queue = '' } = JSON.parse(env['LAMPLIGHTER_QUEUES'] ?? '{}') as { default?: string }
      const secret = await enqueueAt(url, 'greet', {}, { delay: '1h' })
      const before = await itemsOf(dynamo)
      expect(before.join()).toContain(secret)
      const own = program.child.pid ?? 0
      const ports = listeningPortsOf([own, ...descendantsOf(own)])
      expect(ports).toEqual(
        expect.arrayContaining([...[url, dynamo, queue].map(each => Number(new URL(each).port)), inspector]),
      )
      const token = env['LAMPLIGHTER_TOKEN'] ?? ''
      expect(token.length).toBeGreaterThan(10)
      for (const port of ports) {
        const attempts = await attack(from, port, secret, queue)
        expect(attempts.length).toBeGreaterThan(20)
        expect({ port, read: successes(attempts, secret) }).toEqual({ port, read: [] })
        const said = JSON.stringify(attempts)
        expect(said).not.toMatch(/TableName|QueueUrl|ListTopicsResponse|webSocketDebuggerUrl/)
        expect(said).not.toContain(token)
      }
      expect(await itemsOf(dynamo)).toEqual(before)
      expect(await messagesIn(queue)).toBe('0')
      expect(program.lines.join('\n')).not.toContain(plantedId)
    },
  )
})

/** The same attack can succeed: else the test above would prove nothing. */
describe('engines without protection', () => {
  it('give a page the table, and take what it writes', async () => {
    const engine = await startDynoxide()
    closers.push(() => engine.stop())
    const client = new DynamoDBClient({ ...settings, endpoint: engine.endpoint })
    await createTable(client, 'lamplighter')
    await client.send(new PutItemCommand({ TableName: 'lamplighter', Item: { id: { S: 'secret-1' } } }))
    const attempts = await attack('another site', Number(new URL(engine.endpoint).port), 'secret-1', '')
    expect(successes(attempts, 'secret-1')).toContain('fetch Scan')
    expect((await itemsOf(engine.endpoint)).join()).toContain(plantedId)
  })

  it('give a rebinding page the queues, and take a message from a form', async () => {
    const app = buildApp({ logger: false })
    const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    closers.push(() => app.close())
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.CreateQueue' },
      body: '{"QueueName":"secret-2"}',
    })
    expect(answer.status).toBe(200)
    const queueUrl = `${url.origin}/000000000000/secret-2`
    const rebound = await attack('a name that points here', Number(url.port), 'secret-2', queueUrl)
    expect(successes(rebound, 'secret-2')).toContain('fetch ListQueues')
    expect(Number(await messagesIn(queueUrl))).toBeGreaterThan(0)
  })
})
