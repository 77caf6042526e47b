/** The lowest version of every peer that package.json allows: an application that has them synthesises. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Packed, pack } from './pack.ts'

const run = promisify(execFile)
const foreign = fileURLToPath(new URL('../deploy/foreign', import.meta.url))
/** Half a hundred packages, some of them large. */
const installMs = 240_000

interface Manifest {
  readonly version: string
  readonly peerDependencies: Readonly<Record<string, string>>
  devDependencies: Readonly<Record<string, string>>
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** `^2.252.0` and `>=0.25.0` begin with the lowest version. @throws Error for a range of another form */
function lowestOf(range: string): string {
  const version = /^(?:\^|>=)(\d+\.\d+\.\d+)$/.exec(range)?.[1]
  if (version === undefined) throw new Error(`the lowest version of ${range} is not known`)
  return version
}

const folder = mkdtempSync(join(tmpdir(), 'lamplighter-lowest-'))
let packed: Packed
let lowest: Readonly<Record<string, string>>
/** Why the peers could not be installed here. */
let missing: string | undefined

/** The registry cannot be reached: npm's own codes, and the system's. Anything else is a fault of ours. */
const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|E5\d\d|E403)\b/

async function install(): Promise<string | undefined> {
  try {
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--strict-peer-deps']
    await run('npm', ['install', ...options, packed.tarball], { cwd: folder, timeout: installMs })
    return undefined
  } catch (error) {
    const { stderr = '', killed = false } = error as { stderr?: string; killed?: boolean }
    const why = killed ? `no answer within ${installMs / 1_000} s` : unreachable.exec(stderr)?.[0]
    if (why === undefined) throw error
    return `the registry cannot be reached: ${why}`
  }
}

beforeAll(async () => {
  packed = await pack()
  const peers = Object.entries(manifestIn(packed.folder).peerDependencies)
  lowest = Object.fromEntries(peers.map(([name, range]) => [name, lowestOf(range)]))
  cpSync(foreign, folder, { recursive: true })
  const manifest = manifestIn(folder)
  manifest.devDependencies = { ...manifest.devDependencies, ...lowest }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  missing = await install()
  if (missing !== undefined) console.log(`lowest peers: SKIPPED: ${missing}`)
}, installMs + 60_000)

afterAll(() => {
  packed?.remove()
  rmSync(folder, { recursive: true, force: true })
})

it('they are what is installed', ctx => {
  if (missing !== undefined) ctx.skip(missing)
  const installed = Object.keys(lowest).map(name => [name, manifestIn(join(folder, 'node_modules', name)).version])
  expect(Object.fromEntries(installed)).toEqual(lowest)
  expect(Object.keys(lowest)).toEqual(['aws-cdk-lib', 'constructs', 'esbuild'])
})

it('the application synthesises with them', async ctx => {
  if (missing !== undefined) ctx.skip(missing)
  const outdir = join(folder, 'cdk.out')
  await run(process.execPath, ['app.ts'], { cwd: folder, env: { ...process.env, CDK_OUTDIR: outdir } })
  expect(existsSync(join(outdir, 'CornerShop.template.json'))).toBe(true)
  const template = readFileSync(join(outdir, 'CornerShop.template.json'), 'utf8')
  expect(template).toContain('AWS::DynamoDB::GlobalTable')
  expect(template).not.toContain('handlers-not-checked')
}, 60_000)
