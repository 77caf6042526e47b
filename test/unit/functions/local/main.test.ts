import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { example } from '../../../../functions/local/samples.ts'
import { freePort } from '../../../../lib/dev/loopback.ts'
import { enqueueAt, newFolder, removeFolder } from '../../../support/local-stack.ts'
import { descendantsOf, untilGone } from '../../../support/processes.ts'

const main = fileURLToPath(new URL('../../../../functions/local/main.ts', import.meta.url))

const folders: string[] = []
const programs: ChildProcess[] = []
afterEach(() => {
  for (const program of programs.splice(0)) program.kill('SIGKILL')
  for (const folder of folders.splice(0)) removeFolder(folder)
})

function run(...args: string[]) {
  const folder = newFolder()
  folders.push(folder)
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  programs.push(child)
  const out: string[] = []
  const err: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', line => out.push(line))
  createInterface({ input: child.stderr }).on('line', line => err.push(line))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const line = async (isIt: (text: string) => boolean): Promise<string> => {
    for (;;) {
      const found = out.find(isIt)
      if (found !== undefined) return found
      await once(reader, 'line')
    }
  }
  return { child, out, err, ended, line }
}

/** The last line of what a stack says when it is ready. */
const isReady = (text: string): boolean => text.startsWith('  Your app ')

const isListening = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const answer = (value: boolean): void => {
      socket.destroy()
      resolve(value)
    }
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
  })

describe('npm start', () => {
  it('says how it is used', async () => {
    const { out, err, ended } = run('--help')
    expect(await ended).toBe(0)
    expect(out.join('\n')).toContain('--port <number>')
    expect(err).toEqual([])
  })

  it('refuses an option it does not know, with exit code 2', async () => {
    const { out, err, ended } = run('--prot', '1')
    expect(await ended).toBe(2)
    expect(err[0]).toContain("'--prot'")
    expect(err.join('\n')).toContain('--port <number>')
    expect(out).toEqual([])
  })

  it('says in one line that the port is taken, with exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { out, err, ended } = run('--port', String(port))
    expect(await ended).toBe(1)
    expect(err).toEqual([`port ${port} is in use; choose another one with --port`])
    expect(out).toEqual([])
    server.close()
  })

  it('is `lamplighter dev`: tells each change, and ends on Ctrl-C with code 0 and no child', {
    timeout: 60_000,
  }, async () => {
    const { child, err, ended, line } = run('--port', '0', '--no-samples')
    await line(isReady)
    const url = (await line(text => text.startsWith('  API'))).trim().split(/\s+/)[1] ?? ''
    await enqueueAt(url, example.type, example.input)
    const completed = await line(text => text.includes('COMPLETED'))
    expect(completed).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}summarise-csv {5}…[0-9a-f]{6} {2}COMPLETED {4}in \d+ ms: \{"rows":2,/,
    )
    const children = descendantsOf(child.pid ?? 0)
    expect(children.length).toBeGreaterThanOrEqual(4)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    await untilGone(children)
    expect(err).toEqual([])
  })
})

describe('npm start, interrupted or misled', () => {
  it('ends on Ctrl-C while it starts, and leaves no child', { timeout: 90_000 }, async () => {
    const holder = run('--port', '0', '--no-samples')
    await holder.line(isReady)
    const folder = join(folders.at(-1) ?? '', '.lamplighter')
    const port = await freePort()
    // It waits up to three seconds for the folder.
    const { child, out, err, ended } = run('--port', String(port), '--data', folder)
    await expect.poll(() => isListening(port), { timeout: 40_000 }).toBe(true)
    // The port answers a moment before the supervisor is there. The other child is esbuild.
    let children: readonly number[] = []
    await expect.poll(() => (children = descendantsOf(child.pid ?? 0)), { timeout: 5_000 }).toHaveLength(2)
    const before = Date.now()
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(Date.now() - before).toBeLessThan(1_500)
    await untilGone(children, 2_000)
    expect({ out, err }).toEqual({ out: ['Stopped before it was ready.'], err: [] })
  })

  it('ends on a second Ctrl-C although a run goes on', { timeout: 60_000 }, async () => {
    const { child, ended, line } = run('--port', '0')
    await line(text => text.includes('IN_PROGRESS'))
    const children = descendantsOf(child.pid ?? 0)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await ended).toBe(130)
    await untilGone(children)
  })

  it.skipIf(process.platform !== 'linux').each(['/proc/x', '/proc/version'])(
    'says in one line that %s can hold no data, with exit code 1',
    async path => {
      const { out, err, ended } = run('--port', '0', '--data', path)
      expect(await ended).toBe(1)
      expect(err).toEqual([expect.stringMatching(/^\/proc\/\w+ (cannot hold the data|is a file)/)])
      expect(out).toEqual([])
    },
  )
})

describe('npm run demo', () => {
  it('takes a port and a data folder, which it keeps', { timeout: 60_000 }, async () => {
    const port = await freePort()
    const { out, ended } = run('--demo', '--port', String(port), '--data', 'kept')
    expect(await ended).toBe(0)
    expect(out[0]).toContain(`ready on http://127.0.0.1:${port} `)
    expect(existsSync(join(folders.at(-1) ?? '', 'kept', 'table.db'))).toBe(true)
  })

  it('shows the sample jobs, ends with code 0 and leaves no child', { timeout: 60_000 }, async () => {
    const { child, out, ended, line } = run('--demo')
    await line(text => text.includes('IN_PROGRESS'))
    const children = descendantsOf(child.pid ?? 0)
    expect(await ended).toBe(0)
    await untilGone(children)
    expect(out.at(-1)).toMatch(/^All 5 jobs ended as expected/)
    // The job of a schedule may come in between.
    const samples = out.filter(text => !text.includes('report-health'))
    const states = samples.map(text => text.split(/\s{2,}/)[3])
    expect(states.filter(state => state === 'COMPLETED')).toHaveLength(4)
    expect(states.filter(state => state === 'FAILED')).toHaveLength(1)
    expect(samples.find(text => text.includes('RETRY'))).toContain('503, again in 5 s (attempt 1 of')
    // A busy machine prints the line a moment later.
    expect(samples.find(text => text.includes('SCHEDULED'))).toMatch(/due in [1-5] s/)
  })
})
