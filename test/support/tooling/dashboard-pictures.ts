/**
 * Draws the pictures of the dashboard in docs/images: a local stack with this repository's jobs, whose queues got an hour of
 * figures before, in a Chromium. `node test/support/tooling/dashboard-pictures.ts [path of a Chromium]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { chromium } from 'playwright-core'
import { application } from '../../../functions/local/application.ts'
import { toRecordItem } from '../../../lib/aws/dynamodb/record-item.ts'
import { Tally } from '../../../lib/core/history/counters.ts'
import { hourKey, minuteKey } from '../../../lib/core/records/keys.ts'
import { localSite } from '../../../lib/dashboard/bundle-page.ts'
import { type DevStack, startDevStack } from '../../../lib/dev/dev-stack.ts'

const minuteMs = 60_000
const pictureOf = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/images/dashboard-${name}.png`, import.meta.url))

interface Past {
  readonly queue: string
  readonly type: string
  readonly completed: number
  readonly failed: number
  readonly waiting: number
}

/** What a queue did at a time: a hill by day, and one quarter of an hour in which a receiver did not answer. */
function pastAt(index: number, step: 'm' | 'h'): readonly Past[] {
  const wave = 1 + Math.sin(index / (step === 'm' ? 7 : 3.5)) / 2 + ((index * 7) % 5) / 12
  const isTrouble = step === 'm' ? index > 32 && index < 43 : index === 18
  const scale = step === 'm' ? 1 : 60
  return [
    { queue: 'default', type: 'summarise-csv', completed: 140 * wave, failed: 0, waiting: 12 * wave },
    {
      queue: 'webhooks',
      type: 'deliver-webhook',
      completed: (isTrouble ? 8 : 60) * wave,
      failed: isTrouble ? 22 : 0,
      waiting: (isTrouble ? 400 : 9) * wave,
    },
  ].map(one => ({ ...one, completed: one.completed * scale, failed: one.failed * scale }))
}

/** The attributes that the recorder would have counted. */
function attributesOf({ type, completed, failed, waiting }: Past): Readonly<Record<string, number>> {
  const tally = new Tally()
  for (const [name, count] of Object.entries({ completed, failed })) tally.count(type, name, Math.round(count))
  const counted = tally.actions().flatMap(action => (action.op === 'add' ? [[action.attribute, action.amount]] : []))
  return { ...(Object.fromEntries(counted) as Record<string, number>), waiting: Math.round(waiting), failed: 0 }
}

async function fillPast({ env }: DevStack): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
    region: env['AWS_REGION'] ?? 'us-east-1',
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' },
  })
  for (const [step, count, length] of [
    ['m', 60, minuteMs],
    ['h', 25, 60 * minuteMs],
  ] as const) {
    for (let index = 0; index < count; index += 1) {
      const at = Date.now() - (count - index) * length
      for (const past of pastAt(index, step)) {
        const key = (step === 'm' ? minuteKey : hourKey)(past.queue, at)
        const Item = toRecordItem({ ...key, attributes: attributesOf(past) })
        await client.send(new PutItemCommand({ TableName: env['LAMPLIGHTER_RECORDS'], Item }))
      }
    }
  }
  client.destroy()
}

async function post({ url }: DevStack, job: object): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(job) })
  return ((await response.json()) as { id: string }).id
}

async function draw(stack: DevStack, executablePath: string): Promise<void> {
  await fillPast(stack)
  for (let n = 0; n < 40; n += 1) await post(stack, { type: 'summarise-csv', input: { csv: 'city,lamps\nOslo,3\n' } })
  const input = { url: 'https://127.0.0.1:1/', body: { lamp: 7, lit: true } }
  const failed = await post(stack, { type: 'deliver-webhook', input, maxAttempts: 3, tags: ['vip'] })
  const end = Date.now() + 90_000
  for (;;) {
    const job = (await (await fetch(`${stack.url}/v1/jobs/${failed}/runs`)).json()) as { runs: readonly unknown[] }
    if (job.runs.length === 3) break
    if (Date.now() > end) throw new Error('the job has not failed three times in 90 s')
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  for (const [name, path, colorScheme] of [
    ['overview', '/', 'light'],
    ['job', `/jobs/${failed}`, 'dark'],
  ] as const) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1_200, height: 720 } })
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}${path}`)
    await page.waitForTimeout(2_500)
    await page.screenshot({ path: pictureOf(name) })
  }
  await browser.close()
}

const folder = mkdtempSync(join(tmpdir(), 'lamplighter-pictures-'))
const stack = await startDevStack({ ...application, dataDir: folder, site: await localSite(), tickMs: 1_000 })
try {
  await draw(stack, process.argv[2] ?? '/usr/bin/chromium')
} finally {
  await stack.stop()
  rmSync(folder, { recursive: true, force: true })
}
