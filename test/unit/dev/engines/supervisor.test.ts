import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SupervisedEngine, startSupervisedEngine } from '../../../../lib/dev/engines/supervisor.ts'
import { browserSafePorts, listenOn } from '../../../../lib/dev/loopback.ts'
import { StackError } from '../../../../lib/dev/stack-error.ts'
import { descendantsOf, untilGone } from '../../../support/processes.ts'

let folder: string
const engines: SupervisedEngine[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lamplighter-test-'))
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(fresh = false): Promise<SupervisedEngine> {
  const engine = await startSupervisedEngine({ folder, fresh })
  engines.push(engine)
  return engine
}

const tables = (engine: SupervisedEngine): Promise<unknown> => call(engine, 'ListTables', {})

/** Not by `fetch`: it refuses the port, as browsers do. */
async function call(engine: SupervisedEngine, operation: string, input: object): Promise<unknown> {
  const request = httpRequest(engine.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=a, Signature=b',
      'x-amz-date': '20260101T000000Z',
    },
  }).end(JSON.stringify(input))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return json(response)
}

const makeTable = (engine: SupervisedEngine): Promise<unknown> =>
  call(engine, 'CreateTable', {
    TableName: 'lamps',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  })

describe('the supervised engine', () => {
  it('keeps its data over a restart, and forgets it when told to', async () => {
    const first = await start()
    expect(first.isNew).toBe(true)
    await makeTable(first)
    await first.stop()

    const second = await start()
    expect(second.isNew).toBe(false)
    expect(await tables(second)).toEqual({ TableNames: ['lamps'] })
    await second.stop()

    const third = await start(true)
    expect(third.isNew).toBe(true)
    expect(await tables(third)).toEqual({ TableNames: [] })
  })

  it('refuses a folder that another stack holds, naming folder and process, and leaves that one alone', async () => {
    const first = await start()
    await expect(start(true)).rejects.toThrow(`${folder} is in use by another stack (process ${process.pid})`)
    expect(await tables(first)).toEqual({ TableNames: [] })
  })

  it('leaves no process after stop', async () => {
    const engine = await start()
    await engine.stop()
    await untilGone(engine.pids)
  })

  it('ends the engine and all guarded processes when its stack is killed with -9, and lets the next one in', async () => {
    const stack = fork(fileURLToPath(new URL('../../../support/fixtures/engine-owner.ts', import.meta.url)), [folder], {
      execArgv: [],
    })
    const [{ pids, guarded }] = (await once(stack, 'message')) as [{ pids: number[]; guarded: number }]
    stack.kill('SIGKILL')
    await untilGone([...pids, guarded])
    await expect(start()).resolves.toMatchObject({ isNew: false })
  })

  it('says that it ended, and leaves no engine, when the keeper is killed', async () => {
    const engine = await start()
    process.kill(engine.pids[0] ?? 0, 'SIGKILL')
    await engine.ended
    await untilGone(engine.pids)
  })

  it('says that it ended when the engine is killed', async () => {
    const engine = await start()
    process.kill(engine.pids[1] ?? 0, 'SIGKILL')
    await expect(engine.ended).resolves.toBeUndefined()
  })

  it('ends an engine that both stack and keeper left behind', async () => {
    const stack = fork(fileURLToPath(new URL('../../../support/fixtures/engine-owner.ts', import.meta.url)), [folder], {
      execArgv: [],
    })
    const [{ pids, guarded }] = (await once(stack, 'message')) as [{ pids: [number, number]; guarded: number }]
    // Stopped first: a keeper that saw the stack end would end the engine itself.
    process.kill(pids[0], 'SIGSTOP')
    stack.kill('SIGKILL')
    process.kill(pids[0], 'SIGKILL')
    await untilGone([pids[0]])
    process.kill(guarded, 'SIGKILL')
    expect(() => process.kill(pids[1], 0)).not.toThrow()
    await start()
    await untilGone([pids[1]])
  })

  it('listens on a port that browsers refuse', async () => {
    const engine = await start()
    expect(engine.warnings).toEqual([])
    // Node's fetch keeps the same list.
    const failure = await fetch(engine.endpoint).catch((error: unknown) => error)
    expect((failure as Error).cause).toMatchObject({ message: 'bad port' })
    expect(await tables(engine)).toEqual({ TableNames: [] })
  })

  it('takes the next such port while the first is in use, and warns when all are', async () => {
    const servers = await occupy(browserSafePorts)
    try {
      const engine = await start()
      expect(engine.warnings).toEqual([expect.stringContaining('every port that browsers refuse is in use (6697, ')])
      expect(await tables(engine)).toEqual({ TableNames: [] })
      await engine.stop()
    } finally {
      for (const server of servers) server.close()
    }
    const blocker = await occupy(browserSafePorts.slice(0, -1))
    const engine = await start().finally(() => blocker.forEach(server => server.close()))
    expect(engine).toMatchObject({ warnings: [], endpoint: `http://127.0.0.1:${browserSafePorts.at(-1)}` })
  })

  it.each([
    ['a file', (path: string) => path, 'is a file; choose a folder with --data'],
    ['a path under a file', (path: string) => join(path, 'deep', 'er'), 'is a file; choose a folder with --data'],
    ['a path that nothing can be made under', () => '/proc/lamplighter/x', 'cannot hold the data (ENOENT)'],
  ])('refuses %s as data folder in one plain line', async (_, pathOf, message) => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const failure = await startSupervisedEngine({ folder: pathOf(file), fresh: false }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StackError)
    expect((failure as Error).message).toContain(message)
    expect((failure as Error).message).not.toContain('\n')
  })

  it('gives up at once when it is told to while it starts, and leaves no process', async () => {
    const holder = await start()
    const giveUp = new AbortController()
    const waiting = startSupervisedEngine({ folder, fresh: false }, giveUp.signal)
    // It waits up to three seconds for the folder.
    setTimeout(() => giveUp.abort(), 300)
    const before = Date.now()
    await expect(waiting).rejects.toThrow('supervisor ended')
    expect(Date.now() - before).toBeLessThan(2_000)
    expect(descendantsOf(process.pid).filter(pid => !holder.pids.includes(pid))).toEqual([])
  })
})

/** Takes those of the ports that nobody else has. */
async function occupy(ports: readonly number[]): Promise<readonly Server[]> {
  return Promise.all(
    ports.map(async port => {
      const server = createServer()
      await listenOn(server, port).catch(() => undefined)
      return server
    }),
  )
}
