/** The program, as a process, against a real local stack: it finds it by the folder, and steers it. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newFolder, removeFolder, TestStack } from '../../support/local-stack.ts'

const main = fileURLToPath(new URL('../../../lib/cli/main.ts', import.meta.url))

let folder: string
let local: TestStack

beforeAll(async () => {
  folder = newFolder()
  local = await TestStack.start({ dataDir: join(folder, '.lamplighter') })
}, 60_000)
afterAll(async () => {
  await local.stack.stop()
  removeFolder(folder)
})

const cli = async (...args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...args], { cwd: folder })
  expect(stderr).toBe('')
  return stdout
}

describe('the command line and a local stack', { timeout: 60_000 }, () => {
  it('makes a schedule that fires and never early, pauses it, runs it out of turn, and deletes it', async () => {
    expect(await cli('schedules', 'list')).toBe('  There are no schedules.\n')
    await cli('schedules', 'add', 'blink', 'quick', '--every', '2s', '--input', '{"number":7}')
    // Ticks come each second here; a machine that is busy starts the sweeper's process late.
    const settledAt = Date.now() + 5_000
    const first = await local.change(
      ({ schedule, occurrence = 0, state }) => schedule === 'blink' && state === 'COMPLETED' && occurrence > settledAt,
    )
    expect(first.startedAt).toBeGreaterThanOrEqual(first.occurrence ?? 0)
    expect((first.occurrence ?? 0) % 2_000).toBe(0)
    expect(await cli('schedules', 'pause', 'blink')).toBe('  blink is paused.\n')
    expect(await cli('schedules', 'list')).toMatch(/^ {2}blink +Every 2 seconds +– +paused +.* +api$/m)
    const { id } = JSON.parse(await cli('schedules', 'run', 'blink', '--json')) as { id: string }
    await local.change(job => job.id === id && job.state === 'COMPLETED')
    expect(await cli('schedules', 'occurrences', 'blink')).toContain(first.id)
    expect(await cli('schedules', 'delete', 'blink', '--yes')).toBe('  blink is deleted.\n')
    await expect(cli('schedules', 'show', 'blink')).rejects.toMatchObject({ code: 3 })
  })

  /** Exit code and output of a command that may fail; ids are kept in the folder. */
  const ran = async (...args: readonly string[]) => {
    const env = { ...process.env, XDG_CACHE_HOME: folder }
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { cwd: folder, env })
      return { exit: 0, stdout, stderr: '' }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { exit: code, stdout, stderr }
    }
  }

  it('enqueues a job, follows it to its end, and shows it by the end of its id', async () => {
    const done = await ran('enqueue', 'quick', '{"number":21}', '--wait', '--json')
    expect(JSON.parse(done.stdout)).toMatchObject({ state: 'COMPLETED', result: 42 })
    const failed = await ran('enqueue', 'stumble', '--max-attempts', '1', '--wait')
    expect([failed.exit, failed.stdout]).toEqual([1, expect.stringMatching(/is FAILED/)])
    const listed = await ran('jobs', 'list', '--phase', 'failed')
    const id = /…\w{6}/.exec(listed.stdout)?.[0] ?? 'none'
    const shown = await ran('jobs', 'show', id)
    expect(shown.stdout).toMatch(/^ {2}stumble [0-9a-f-]{36} is FAILED\n/)
    const refused = await ran('enqueue', 'quick', '{"number":"many"}', '--wait')
    expect([refused.exit, refused.stdout]).toEqual([2, ''])
  })

  it('follows what happens, until Ctrl-C', async () => {
    const child = spawn(process.execPath, [main, 'watch', '--kind', 'completed'], { cwd: folder })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    // From its first poll on.
    await expect
      .poll(
        async () => {
          await local.enqueue('quick', { number: 1 })
          return text
        },
        { timeout: 40_000, interval: 1_000 },
      )
      .toMatch(/ {2}completed {2}/)
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(130)
  })

  describe('with --table', () => {
    const contracts = fileURLToPath(new URL('../../support/fixtures/lamps/jobs.ts', import.meta.url))
    /** With the names and engines of the stack in the environment, and without its API. */
    const onTable = async (...args: readonly string[]) => {
      const env = { ...process.env, ...local.stack.env, XDG_CACHE_HOME: folder }
      try {
        const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { cwd: folder, env })
        return { exit: 0, stdout, stderr: '' }
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
        return { exit: code, stdout, stderr }
      }
    }
    const table = ['--contracts', contracts, '--table']

    it('the same app answers in the process of the command', async () => {
      const name = local.stack.env['LAMPLIGHTER_TABLE'] ?? ''
      const done = await onTable('enqueue', 'quick', '{"number":4}', '--wait', '--json', ...table, name)
      expect(JSON.parse(done.stdout)).toMatchObject({ state: 'COMPLETED', result: 8 })
      const refused = await onTable('enqueue', 'quick', '{"number":"x"}', ...table, name)
      expect([refused.exit, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/^ {2}\S+ {2}on this machine\nError \(input_refused\)/),
      ])
      const queues = await onTable('queues', 'list', '--json', ...table, name)
      expect(JSON.parse(queues.stdout)).toMatchObject({
        queues: [{ name: 'alone' }, { name: 'default' }, { name: 'doors' }, { name: 'long' }, { name: 'shared' }],
      })
    })

    it.each([
      [[...table, 'nothing'], 3, 'there is no table nothing here'],
      [[...table, 'a b'], 2, "--table is 'a b'; allowed: the name of a DynamoDB table"],
      [[...table, 'jobs', '--url', 'http://127.0.0.1:1'], 2, '--table is given; allowed: one target'],
      [['--table', 'jobs'], 2, '--contracts is absent; allowed: the module of the contracts'],
      [['--table', 'jobs', '--contracts', 'none.ts'], 2, "--contracts is 'none.ts'"],
    ])('%j: exit code %i', async (args, exit, text) => {
      const listed = await onTable('jobs', 'list', ...args)
      expect([listed.exit, listed.stdout, listed.stderr]).toEqual([exit, '', expect.stringContaining(text)])
    })

    it('without the name of the records: exit code 2', async () => {
      const { exit, stderr } = await ran('queues', 'list', ...table, 'jobs')
      expect([exit, stderr]).toEqual([2, expect.stringContaining('--records is absent')])
    })
  })
})
