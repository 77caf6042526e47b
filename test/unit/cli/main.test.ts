/** The program as a process: its exit codes, and how it ends when somebody wants it to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { application, handlersWith } from '../bundle/application.ts'

const main = fileURLToPath(new URL('../../../lib/cli/main.ts', import.meta.url))

/** In a group of its own, as a shell starts it: Ctrl-C reaches the whole group. */
const start = (args: readonly string[], cwd: string, scratch = cwd): ChildProcess =>
  spawn(process.execPath, [main, ...args], {
    cwd,
    detached: true,
    env: { ...process.env, TMPDIR: scratch },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

async function textOf(stream: AsyncIterable<unknown> | null): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += String(chunk)
  return text
}

async function ended(child: ChildProcess): Promise<{ exit: unknown; stdout: string; stderr: string }> {
  const [[exit], stdout, stderr] = await Promise.all([once(child, 'close'), textOf(child.stdout), textOf(child.stderr)])
  return { exit: exit as unknown, stdout, stderr }
}

describe('the process', () => {
  it('prints what it found on stdout, and exits with 0', async () => {
    const done = await ended(start(['schedules', 'preview', '--at', '2100-01-01T00:00Z'], '/'))
    expect(done).toEqual({
      exit: 0,
      stdout: '  Once, at 2100-01-01T00:00:00.000Z\n  1  Fri 2100-01-01 00:00 UTC\n',
      stderr: '',
    })
  })

  it('prints errors on stderr, and exits with their code', async () => {
    expect(await ended(start(['chekc'], '/'))).toEqual({
      exit: 2,
      stdout: '',
      stderr: "Error (wrong_use): unknown command 'chekc' (Did you mean check?); see --help\n",
    })
  })

  it('ends quietly when its reader has gone', async () => {
    const child = start(['schedules', 'preview', '--cron', '* * * * *', '-n', '1000', '--json'], '/')
    child.stdout?.destroy()
    const [[exit], stderr] = await Promise.all([once(child, 'exit'), textOf(child.stderr)])
    expect([exit, stderr]).toEqual([0, ''])
  })

  it('ends with 130 at Ctrl-C, also while a module hangs, and leaves no temporary folder', async () => {
    const app = application({})
    const [marker, scratch] = [app.file('loads'), app.file('scratch')]
    mkdirSync(scratch)
    const hangs = application({
      'handlers.ts': handlersWith(
        `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(marker)}, '')\nfor (;;);`,
      ),
    })
    const child = start(['check'], hangs.folder, scratch)
    await expect.poll(() => existsSync(marker), { timeout: 15_000 }).toBe(true)
    expect(readdirSync(scratch)).not.toEqual([])
    process.kill(-(child.pid ?? 0), 'SIGINT')
    expect(await ended(child)).toEqual({ exit: 130, stdout: '', stderr: '' })
    expect(readdirSync(scratch)).toEqual([])
  })
})
