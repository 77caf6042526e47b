/** What a cold start pays before it can do anything: the worker's bundle next to the AWS SDK alone, bundled alike. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { bundled } from '../bundled.ts'
import { median } from '../statistics.ts'

const run = promisify(execFile)
const loads = 15

/** A worker with one handler that does nothing: what it brings is Lamplighter's. */
const workerSource = `
  import { createWorker } from './lib/lambda/worker.ts'
  import { handle } from './lib/define/handle.ts'
  import { runner, sample } from './test/bench/sample.ts'
  export const handler = createWorker({ runner, handlers: [handle(sample, () => {})] })`

/** The clients and commands that such a worker needs, and nothing around them. */
const sdkSource = `
  import { DynamoDBClient, BatchExecuteStatementCommand, BatchGetItemCommand } from '@aws-sdk/client-dynamodb'
  import { SQSClient, ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
  const [dynamo, sqs] = [new DynamoDBClient({}), new SQSClient({})]
  export const handler = async () => {
    await dynamo.send(new BatchExecuteStatementCommand({ Statements: [] }))
    await dynamo.send(new BatchGetItemCommand({ RequestItems: {} }))
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: '', Entries: [] }))
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: '', Entries: [] }))
  }`

/** @returns milliseconds until each bundle is loaded, medians of turns */
export async function moduleLoadMs(): Promise<{ readonly worker: number; readonly sdk: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-bench-'))
  try {
    const [worker, sdk] = [await bundled(folder, 'worker', workerSource), await bundled(folder, 'sdk', sdkSource)]
    const times: { worker: number[]; sdk: number[] } = { worker: [], sdk: [] }
    for (let turn = 0; turn < loads; turn += 1) {
      times.worker.push(await loadMs(worker))
      times.sdk.push(await loadMs(sdk))
    }
    return { worker: median(times.worker), sdk: median(times.sdk) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function loadMs(path: string): Promise<number> {
  const script = `const start = performance.now(); await import(${JSON.stringify(pathToFileURL(path).href)})
    console.log(performance.now() - start); process.exit()`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      ...process.env,
      AWS_REGION: 'us-east-1',
      LAMPLIGHTER_TABLE: 'table',
      LAMPLIGHTER_RECORDS: 'records',
      LAMPLIGHTER_QUEUES: '{"default":"http://127.0.0.1/0/queue"}',
    },
  })
  return Number(stdout.trim().split('\n').at(-1))
}
