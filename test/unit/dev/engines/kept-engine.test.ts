import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KeptEngine, startKeptEngine } from '../../../../lib/dev/engines/kept-engine.ts'
import { untilGone } from '../../../support/processes.ts'

let folder: string
const engines: KeptEngine[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lamplighter-test-'))
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(fresh = false): Promise<KeptEngine> {
  const engine = await startKeptEngine({ folder, fresh })
  engines.push(engine)
  return engine
}

const tables = (engine: KeptEngine): Promise<unknown> => call(engine, 'ListTables', {})

async function call(engine: KeptEngine, operation: string, input: object): Promise<unknown> {
  const response = await fetch(engine.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=a, Signature=b',
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify(input),
  })
  return response.json()
}

const makeTable = (engine: KeptEngine): Promise<unknown> =>
  call(engine, 'CreateTable', {
    TableName: 'lamps',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  })

describe('the kept engine', () => {
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
})
