/**
 * What no emulator can prove: billed units, batch behaviour and IAM on a real AWS account. `npm run smoke:aws`
 *
 * Without credentials or without the consent LAMPLIGHTER_SMOKE=1 it says so and skips, with exit code 0. It makes a
 * table and deletes it at the end, whatever happened. LAMPLIGHTER_SMOKE_STACK names a deployed stack for the IAM part.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createTables } from '../../../lib/aws/dynamodb/create-table.ts'

/** A key that lies about in ~/.aws must not be enough: nobody is to touch an account without knowing. */
const credentialSources = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
] as const

const setting = (name: string): string => process.env[name] ?? ''

function whyNotHere(): string | undefined {
  if (credentialSources.every(name => setting(name) === '')) {
    return 'no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; and AWS_REGION'
  }
  if (setting('LAMPLIGHTER_SMOKE') !== '1') {
    return 'it makes a table on the account of these credentials and costs a few cents: set LAMPLIGHTER_SMOKE=1 to agree'
  }
  return undefined
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

let child: ChildProcess | undefined
let isStopped = false
/** The tests end; the table is still to be deleted. */
function stop(signal: NodeJS.Signals): void {
  isStopped = true
  child?.kill(signal)
}

/** @returns the exit code of vitest */
async function runTests(table: string): Promise<number> {
  if (isStopped) return 1
  const hasStack = setting('LAMPLIGHTER_SMOKE_STACK') !== ''
  if (!hasStack) console.log('AWS, IAM: SKIPPED: LAMPLIGHTER_SMOKE_STACK names no deployed stack')
  const files = hasStack ? [] : ['test/system/smoke/store.test.ts']
  const vitest = [path('../../../node_modules/vitest/vitest.mjs'), 'run', '--config', path('vitest.config.ts')]
  child = spawn(process.execPath, [...vitest, ...files, ...process.argv.slice(2)], {
    cwd: path('../../..'),
    stdio: 'inherit',
    env: { ...process.env, LAMPLIGHTER_SMOKE_TABLE: table },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** Says the name when it cannot: whoever pays must know what was left. */
async function deleteTable(client: DynamoDBClient, table: string): Promise<boolean> {
  try {
    await client.send(new DeleteTableCommand({ TableName: table }))
    console.log(`AWS: table ${table} deleted`)
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return true
    console.error(`AWS: table ${table} could NOT be deleted, delete it by hand: ${String(error)}`)
    return false
  }
}

async function main(): Promise<number> {
  const why = whyNotHere()
  if (why !== undefined) {
    console.log(`AWS: SKIPPED: ${why}`)
    return 0
  }
  const client = new DynamoDBClient({})
  const table = `lamplighter-smoke-${randomBytes(6).toString('hex')}`
  const records = `${table}-records`
  console.log(`AWS: makes ${table} and ${records} in ${await client.config.region()}, and deletes them at the end`)
  process.on('SIGTERM', stop).on('SIGINT', stop)
  let code = 1
  try {
    await createTables(client, { table, records })
    code = await runTests(table)
  } catch (error) {
    console.error('AWS: FAILED:', error)
  }
  const deleted = [await deleteTable(client, table), await deleteTable(client, records)]
  return deleted.every(Boolean) ? code : 1
}

process.exitCode = await main()
