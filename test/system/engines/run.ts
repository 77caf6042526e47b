/**
 * The engines lane: the conformance suite on AWS's DynamoDB Local. `node test/system/engines/run.ts`
 *
 * DynamoDB Local binds every interface and has no option against it; nothing of ours may be reachable from outside. So
 * the whole lane runs in a network namespace of its own, in which there is only loopback: Linux, as root or where
 * user namespaces are allowed. Elsewhere, and without Java or the package, it says so and skips, with exit code 0;
 * with LAMPLIGHTER_ENGINES_REQUIRED=1 a skip is a failure.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { whyNotHere } from './dynamodb-local.ts'

/** As root; as anybody, by becoming root of a user namespace. */
const namespaces = [['--net'], ['--user', '--map-root-user', '--net']] as const
const loopbackUp = 'ip link set lo up'

/** Options of `unshare` that work here; undefined when none do. */
const namespaceOptions = (): readonly string[] | undefined =>
  namespaces.find(options => spawnSync('unshare', [...options, 'sh', '-c', loopbackUp]).status === 0)

function skip(why: string): number {
  const isRequired = process.env['LAMPLIGHTER_ENGINES_REQUIRED'] === '1'
  console.log(`DynamoDB Local: ${isRequired ? 'FAILED, it is required' : 'SKIPPED'}: ${why}`)
  return isRequired ? 1 : 0
}

async function main(): Promise<number> {
  const options = namespaceOptions()
  if (options === undefined) return skip('no network namespace can be made here (Linux, unshare and ip are needed)')
  const why = await whyNotHere()
  if (why !== undefined) return skip(why)
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
  const vitest = [
    process.execPath,
    path('../../../node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    path('vitest.config.ts'),
    ...process.argv.slice(2),
  ]
  const child = spawn('unshare', [...options, 'sh', '-c', `${loopbackUp} && exec "$@"`, 'sh', ...vitest], {
    cwd: path('../../..'),
    stdio: 'inherit',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

process.exitCode = await main()
