import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, it } from 'vitest'
import { createTable } from '../../../../lib/aws/dynamodb/create-table.ts'
import { startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import { startFauxqs } from '../../../../lib/dev/engines/fauxqs.ts'
import { engineSettings } from '../../../contract/conformance/dynamo-harness.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function started<Engine extends { stop(): Promise<void> }>(starting: Promise<Engine>): Promise<Engine> {
  const engine = await starting
  ends.push(() => engine.stop())
  return engine
}

/** Addresses of this machine at which somebody answers on the port. */
async function reachable(port: number): Promise<readonly string[]> {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const answers = await Promise.all(
    addresses.map(
      ({ address, scopeid }) =>
        new Promise<string | undefined>(resolve => {
          const host = scopeid === undefined || scopeid === 0 ? address : `${address}%${scopeid}`
          const socket = connect({ host, port, timeout: 1_000 })
          const answer = (value: string | undefined) => {
            socket.destroy()
            resolve(value)
          }
          socket.once('connect', () => answer(address))
          socket.once('error', () => answer(undefined))
          socket.once('timeout', () => answer(undefined))
        }),
    ),
  )
  return answers.filter(address => address !== undefined)
}

const portOf = (endpoint: string): number => Number(new URL(endpoint).port)
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('startDynoxide', () => {
  it('answers on 127.0.0.1 and on no other address of this machine', async () => {
    const { endpoint } = await started(startDynoxide())
    expect(await reachable(portOf(endpoint))).toEqual(['127.0.0.1'])
  })

  it('ends its process when it is stopped, also when it is stopped twice', async () => {
    const engine = await startDynoxide()
    expect(isAlive(engine.pid)).toBe(true)
    await engine.stop()
    await engine.stop()
    expect(isAlive(engine.pid)).toBe(false)
  })

  it('says so when its port is taken', async () => {
    const { endpoint } = await started(startDynoxide())
    await expect(startDynoxide({ port: portOf(endpoint) })).rejects.toThrow(/did not start on .*already in use/)
  })

  it('keeps its data in a file from one start to the next', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lamplighter-'))
    ends.push(() => rm(folder, { recursive: true }))
    const dbPath = join(folder, 'jobs.db')
    const clientOf = (endpoint: string) => new DynamoDBClient({ ...engineSettings, endpoint })
    const first = await startDynoxide({ dbPath })
    await createTable(clientOf(first.endpoint), 'jobs')
    await clientOf(first.endpoint).send(new PutItemCommand({ TableName: 'jobs', Item: { id: { S: 'kept' } } }))
    await first.stop()
    const second = await started(startDynoxide({ dbPath }))
    await createTable(clientOf(second.endpoint), 'jobs')
    const { Item: item } = await clientOf(second.endpoint).send(
      new GetItemCommand({ TableName: 'jobs', Key: { id: { S: 'kept' } } }),
    )
    expect(item).toEqual({ id: { S: 'kept' } })
  })

  it('leaves no engine behind when the process that started it exits', async () => {
    const program = `
      const { startDynoxide } = await import('./lib/dev/engines/dynoxide.ts')
      const engine = await startDynoxide()
      process.stdout.write(engine.endpoint)
      process.exit(0)`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    // It has been killed, and nobody tells a stranger when it is gone.
    await expect.poll(() => reachable(portOf(stdout))).toEqual([])
  })
})

describe('startFauxqs', () => {
  it('answers on 127.0.0.1 and on no other address of this machine', async () => {
    const { endpoint } = await started(startFauxqs())
    expect(await reachable(portOf(endpoint))).toEqual(['127.0.0.1'])
  })

  it('makes a queue with its attributes, found under the URL it gives', async () => {
    const engine = await started(startFauxqs())
    const url = await engine.createQueue('default', { VisibilityTimeout: '77' })
    expect(url).toBe(engine.queueUrl('default'))
    expect(await engine.createQueue('default')).toBe(url)
    const client = new SQSClient({ ...engineSettings, endpoint: engine.endpoint })
    ends.push(async () => client.destroy())
    const { Attributes: attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['VisibilityTimeout'] }),
    )
    expect(attributes).toEqual({ VisibilityTimeout: '77' })
  })

  it.each([
    ['another name', 'GET', { host: 'evil.example' }],
    ['an origin', 'POST', { origin: 'http://evil.example', 'content-type': 'application/x-www-form-urlencoded' }],
    ['a fetch of another site', 'GET', { 'sec-fetch-site': 'cross-site' }],
  ])('answers 421 to a web page, known by %s', async (_, method, headers) => {
    const engine = await started(startFauxqs())
    const url = await engine.createQueue('default')
    const form = new URLSearchParams({ Action: 'SendMessage', QueueUrl: url, MessageBody: 'planted' }).toString()
    // Not fetch: it sets Host itself.
    const request = httpRequest(engine.endpoint, { method, headers }).end(method === 'POST' ? form : undefined)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(421)
    response.resume()
  })

  it('says so when an attribute is wrong', async () => {
    const engine = await started(startFauxqs())
    await expect(engine.createQueue('default', { VisibilityTimeout: '-1' })).rejects.toThrow('was not created')
  })
})
