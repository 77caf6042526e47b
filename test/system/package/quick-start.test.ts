/** Every block of the quick start, in an empty folder, with the packed packages. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, matchesGlob } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { devOptions } from '../../../lib/dev/dev-options.ts'
import { freePort } from '../../../lib/dev/loopback.ts'
import { type DevProgram, startDev } from '../../support/dev-program.ts'
import { type Block, blocksOf } from '../../support/doc-blocks.ts'
import { killTree } from './corner-shop.ts'
import { hasRegistry } from './foreign.ts'
import { type Packed, pack } from './pack.ts'

const run = promisify(execFile)
const isOnline = await hasRegistry()
if (!isOnline) process.stdout.write('No registry can be reached: the package is not installed anywhere.\n')

const page = readFileSync(new URL('../../../docs/guides/quick-start.md', import.meta.url), 'utf8')
const needsAccount = '# needs an AWS account\n'
const runsOn = { dev: 'npx lamplighter dev\n', server: 'node --env-file=.lamplighter/env src/server.ts\n' }

describe.skipIf(!isOnline)('the quick start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-quick-start-'))
  const packed: Packed[] = []
  const servers: ChildProcess[] = []
  let dev: DevProgram | undefined
  let port: number

  beforeAll(async () => {
    packed.push(await pack(), await pack('packages/engines'))
    port = await freePort()
  }, 300_000)

  afterAll(async () => {
    for (const server of servers) server.kill('SIGKILL')
    if (dev !== undefined) await killTree(dev)
    for (const one of packed) one.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Unpublished packages come from their files, and another program may have the port of the page. */
  const asHere = (text: string): string => {
    const [own = '', engines = ''] = packed.map(({ tarball }) => tarball)
    const named = text.replaceAll(/^npm install .*$/gm, line =>
      line.replace(/ lamplighter-engines(?= |$)/, ` ${engines}`).replace(/ lamplighter(?= |$)/, ` ${own}`),
    )
    return named.replaceAll('3000', String(port))
  }

  function writeBlock({ file = '', text }: Block): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), asHere(text))
  }

  async function runBlock(text: string): Promise<void> {
    if (text === runsOn.dev) {
      dev = startDev({ folder, command: ['npx', '--no-install', 'lamplighter'] })
      await dev.url()
      return
    }
    if (text === runsOn.server) {
      const server = spawn(process.execPath, ['--env-file=.lamplighter/env', 'src/server.ts'], { cwd: folder })
      servers.push(server)
      await untilAnswers(`http://127.0.0.1:${port}/`)
      return
    }
    // What stands behind `#` is what the command prints.
    const expected = [...text.matchAll(/^# (.+)$/gm)].map(([, line = '']) => line)
    const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_audit: 'false', NO_COLOR: '1' }
    const { stdout } = await run('bash', ['-ec', asHere(text)], { cwd: folder, env })
    for (const line of expected) expect(stdout).toContain(line)
  }

  it('runs as it stands, block by block', { timeout: 600_000 }, async () => {
    const blocks = blocksOf(page)
    const skipped: string[] = []
    for (const block of blocks) {
      if (block.file !== undefined) writeBlock(block)
      else if (block.text.startsWith(needsAccount)) skipped.push(block.text)
      else await runBlock(block.text)
    }
    expect(blocks.length).toBeGreaterThan(15)
    expect(skipped).toHaveLength(1)
    expect(readdirSync(join(folder, 'cdk.out'))).toContain('Shop.template.json')
  })

  it('shows the jobs of the page in the dashboard, completed', async () => {
    const url = (await dev?.url()) ?? ''
    const found = await fetch(`${url}/v1/jobs?queue=default&phase=completed`)
    const { jobs } = (await found.json()) as { readonly jobs: readonly { readonly type: string }[] }
    // One of the command line, one of the server.
    expect(jobs.filter(({ type }) => type === 'send-receipt')).toHaveLength(2)
    const shown = /http:\S+\?token=\S+/.exec((await dev?.line(/^ {2}Dashboard /)) ?? '')?.[0] ?? ''
    const answer = await fetch(shown)
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<title>')])
  })

  it('names the debugger’s port and the files that it maps', () => {
    const launch = blocksOf(page).find(({ file }) => file === '.vscode/launch.json')?.text ?? ''
    const [configuration] = (JSON.parse(launch) as { configurations: { port: number; outFiles: string[] }[] })
      .configurations
    const typed = { inspect: true, fresh: false, isRaw: false } as const
    expect(configuration?.port).toBe(devOptions(folder, {}, typed).inspectPort)
    const pattern = configuration?.outFiles[0]?.replace('${workspaceFolder}/', '') ?? ''
    const built = readdirSync(join(folder, '.lamplighter/build'), { recursive: true }).map(String)
    const workers = built.filter(path => /worker-.*\.mjs$/.test(path)).map(path => join('.lamplighter/build', path))
    expect(workers.length).toBeGreaterThan(0)
    expect(workers.filter(path => !matchesGlob(path, pattern))).toEqual([])
  })
})

async function untilAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer !== undefined) return
    await delay(100)
  }
  throw new Error(`${url} does not answer`)
}
