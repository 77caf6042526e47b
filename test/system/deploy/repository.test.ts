/** This repository's own stack as it stands: what `npm run deploy` deploys. */
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportHealth, runner, summariseCsv } from '../../../functions/jobs.ts'
import type { Client } from '../../../lib/client/client.ts'
import { createClient } from '../../../lib/client/create-client.ts'
import { type CdkApp, deploy, destroy, type Outputs } from './cdk.ts'
import { callApi, listed, type Part, partsOf, standing } from './cloud.ts'
import { untilEnded } from './until.ts'

const app: CdkApp = { folder: fileURLToPath(new URL('../../..', import.meta.url)) }
const csv = 'city,amount\nBerlin,2\nOslo,40\n'

describe('the stack of this repository', () => {
  let outputs: Outputs
  let parts: readonly Part[]
  let client: Client
  let isDestroyed = false
  /** From here on the schedule `often` is watched for a minute. */
  let firstAt: number

  beforeAll(async () => {
    outputs = await deploy(app)
    parts = await partsOf('Lamplighter')
    const queues = JSON.parse(outputs['JobsQueueUrls'] ?? '{}') as Record<string, string>
    const [table = '', records = ''] = [outputs['JobsTableName'], outputs['JobsRecordTableName']]
    client = createClient({ runner, table, records, queues })
    await client.schedules.put('often', { type: reportHealth.type, every: '10s', input: {} })
    // A tick comes once a minute. The first plans what is due within 90 s of it.
    firstAt = Math.ceil((Date.now() + 65_000) / 10_000) * 10_000
  })

  afterAll(async () => {
    if (!isDestroyed) await destroy(app)
  })

  it('outputs the address of the API, the tables and the URLs of the queues', () => {
    const names = ['JobsApiUrl', 'JobsQueueUrls', 'JobsRecordTableName', 'JobsTableName']
    expect(Object.keys(outputs).toSorted()).toEqual(names)
    expect(Object.values(outputs)).not.toContain('')
  })

  it('is there: every table, queue, function, mapping, role, log group, rule and API of it is listed', async () => {
    expect(await standing(parts)).toEqual(listed(parts))
  })

  it('runs a job that was enqueued over HTTP, and shows its result there', async () => {
    const posted = await callApi(outputs['JobsApiUrl'] ?? '', '/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'summarise-csv', input: { csv } }),
    })
    expect(posted.status).toBe(201)
    const { id } = (await posted.json()) as { id: string }
    await untilEnded(client, id)
    const shown = await callApi(outputs['JobsApiUrl'] ?? '', `/v1/jobs/${id}`)
    expect(await shown.json()).toMatchObject({
      state: 'COMPLETED',
      attempt: 1,
      result: { rows: 2, columns: { amount: { sum: 42 } } },
    })
  })

  it('refuses a request that is not signed', async () => {
    const { status } = await callApi(outputs['JobsApiUrl'] ?? '', '/v1/jobs/x', {}, false)
    expect(status).toBe(403)
  })

  it('runs a job that the client enqueued', async () => {
    const { id } = await client.enqueue(summariseCsv, { csv })
    expect(await untilEnded(client, id)).toMatchObject({ state: 'COMPLETED', result: { rows: 2 } })
  })

  it('fires a schedule of ten seconds six times in a minute, each once, and those of the code', {
    timeout: 300_000,
  }, async () => {
    const url = outputs['JobsApiUrl'] ?? ''
    const due = [0, 10, 20, 30, 40, 50].map(second => new Date(firstAt + second * 1_000).toISOString())
    await delay(Math.max(0, firstAt + 55_000 - Date.now()))
    const seen = (await client.schedules.occurrences('often', 20)) ?? []
    const inMinute = seen.filter(({ at }) => due.includes(at)).toReversed()
    expect(inMinute.map(({ at }) => at)).toEqual(due)
    const jobs = await Promise.all(inMinute.map(({ id }) => untilEnded(client, id)))
    expect(jobs.map(({ state, attempt }) => [state, attempt])).toEqual(due.map(() => ['COMPLETED', 1]))
    const lateMs = jobs.map(({ startedAt = '', occurrence = '' }) => Date.parse(startedAt) - Date.parse(occurrence))
    console.log(`a schedule of ten seconds: started ${lateMs.join(', ')} ms after its time`)
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0)
    const answer = await callApi(url, '/v1/schedules')
    const { schedules } = (await answer.json()) as { schedules: { name: string; owner: string; fired: number }[] }
    expect(schedules.map(({ name, owner }) => `${owner} ${name}`).toSorted()).toEqual([
      'api often',
      'code health',
      'code nightly-health',
    ])
    expect(schedules.find(({ name }) => name === 'health')?.fired).toBeGreaterThan(0)
  })

  it('goes with `cdk destroy`, but for its tables and what is in them', async () => {
    const { id } = await client.enqueue(summariseCsv, { csv })
    await untilEnded(client, id)
    await destroy(app)
    isDestroyed = true
    const tables = [outputs['JobsTableName'], outputs['JobsRecordTableName']]
    expect(await standing(parts)).toEqual(tables.map(name => `AWS::DynamoDB::GlobalTable ${name}`).toSorted())
    expect(await client.get(id)).toMatchObject({ state: 'COMPLETED' })
  })
})
