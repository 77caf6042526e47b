import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { newFolder, removeFolder } from '../../../support/local-stack.ts'
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

  it('is ready with one line whose curl works, tells each change, and ends on Ctrl-C with code 0 and no child', async () => {
    const { child, out, err, ended, line } = run('--port', '0', '--no-samples')
    const ready = await line(text => text.startsWith('Lamplighter is ready'))
    expect(out).toEqual([ready])
    const [, address = '', body = ''] =
      /curl -X POST (\S+) -H 'content-type: application\/json' -d '(.*)'$/.exec(ready) ?? []
    const response = await fetch(`http://${address}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(response.status).toBe(201)
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

describe('npm run demo', () => {
  it('shows the sample jobs, ends with code 0 and leaves no child', { timeout: 60_000 }, async () => {
    const { child, out, ended, line } = run('--demo')
    await line(text => text.includes('IN_PROGRESS'))
    const children = descendantsOf(child.pid ?? 0)
    expect(await ended).toBe(0)
    await untilGone(children)
    expect(out.at(-1)).toMatch(/^All 5 jobs ended as expected/)
    const states = out.map(text => text.split(/\s{2,}/)[3])
    expect(states.filter(state => state === 'COMPLETED')).toHaveLength(4)
    expect(states.filter(state => state === 'FAILED')).toHaveLength(1)
    expect(out.find(text => text.includes('RETRY'))).toContain('503, again in 5 s (attempt 1 of')
    expect(out.find(text => text.includes('SCHEDULED'))).toContain('due in 5 s')
  })
})
