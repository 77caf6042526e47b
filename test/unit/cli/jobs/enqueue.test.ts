import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cliKit } from '../api-kit.ts'

interface Made {
  readonly id: string
  readonly created: boolean
}

describe('enqueue', () => {
  it('takes the input as an argument, an option or a file, and all options of a job', async () => {
    const { test, json, cli, cache } = cliKit()
    writeFileSync(join(cache, 'input.json'), '{"to":"file"}')
    const { id } = await json<Made>('enqueue send-mail', ['{"to":"a"}', '--tags', 'vip, new', '--priority', '-5'])
    expect(await test.get(id)).toMatchObject({ input: { to: 'a' }, tags: ['vip', 'new'], priority: -5 })
    const more = await json<Made>('enqueue send-mail --delay 2h --max-attempts 7', ['--input', '{"to":"b"}'])
    expect(await test.get(more.id)).toMatchObject({ state: 'SCHEDULED', maxAttempts: 7, input: { to: 'b' } })
    const file = await cli('enqueue send-mail @input.json', [], { folder: cache })
    expect(file.stdout).toMatch(/^ {2}Enqueued [0-9a-f-]{36}\.\n$/)
  })

  it('with a key makes one job, and says that it was there', async () => {
    const { json, cli } = cliKit()
    const first = await json<Made>('enqueue send-mail {"to":"a"} --key k')
    expect(first.created).toBe(true)
    expect((await cli('enqueue send-mail {"to":"a"} --key k')).stdout).toBe(
      `  ${first.id} was there already: its key had made it.\n`,
    )
  })

  it('of a unique job says what became of it', async () => {
    const { test, cli, json } = cliKit(({ to }) => {
      if (to !== 'd') throw new Error('busy')
      return 'sent'
    })
    const unique = ['--unique', 'a42', '--on-conflict', 'replace', '--max-wait', '5m']
    const first = await json<Made>('enqueue send-mail {"to":"a"} --delay 30s', unique)
    expect(first).toMatchObject({ created: true, action: 'created', generation: 1 })
    const { id } = first
    expect((await cli('enqueue send-mail {"to":"b"} --delay 2h', unique)).stdout).toBe(
      `  ${id} was waiting: it is this job now.\n`,
    )
    expect(await test.get(id)).toMatchObject({ input: { to: 'b' }, scheduledAt: '2027-01-01T00:05:00.000Z' })
    expect((await cli('enqueue send-mail {"to":"c"} --unique a42')).stdout).toContain('was there already')
    // It has failed once, and waits for its second attempt.
    await test.advance('310s')
    const behind = 'enqueue send-mail {"to":"d"} --unique a42 --on-conflict again'
    expect((await cli(behind)).stdout).toBe(`  ${id} has started: this job follows it.\n`)
    const wait = async () => test.advance('30s')
    const followed = await cli(`${behind} --wait`, [], { wait })
    expect([followed.exit, followed.stdout]).toEqual([0, expect.stringContaining(`${id} is COMPLETED`)])
    expect(await test.get(id)).toMatchObject({ generation: 2, input: { to: 'd' } })
    const daily = await json<Made>('enqueue idle --unique k --window 1d')
    await test.cancel(daily.id)
    expect(await json('enqueue idle --unique k --window 1d')).toMatchObject({ id: daily.id, action: 'existing' })
  })

  it('behind a job that is called off with what was to follow, --wait ends with it', async () => {
    const { test, cli, json } = cliKit(() => {
      throw new Error('busy')
    })
    const { id } = await json<Made>('enqueue send-mail {"to":"a"} --unique k')
    await test.advance('10s')
    const behind = 'enqueue send-mail {"to":"b"} --unique k --until started --wait'
    const wait = async () => {
      await cli(`jobs cancel ${id} --also-next`)
    }
    const ran = await cli(behind, [], { wait })
    expect([ran.exit, ran.stdout]).toEqual([1, expect.stringContaining(`${id} is CANCELLED`)])
  })

  it.each([
    [['other'], 3, 'unknown_type'],
    [['idle', '--until', 'done'], 2, 'unique.key'],
    [['idle', '--unique', 'k', '--until', 'noon'], 2, 'until'],
    [['idle', '--unique', 'k', '--until', 'done', '--window', '1h'], 2, 'either until or window, not both'],
    [['idle', '--unique', 'k', '--key', 'k'], 2, 'unique.key'],
    [['idle', '--unique', 'k', '--max-wait', '5m'], 2, 'maxWait'],
    [['send-mail', '{"to":4}'], 2, 'input_refused'],
    [['send-mail', '{'], 2, "input is '{'"],
    [['send-mail', '{}', '--input', '{}'], 2, '--input is given twice'],
    [['send-mail', '@none.json'], 2, 'input is unreadable'],
    [['send-mail', '--priority', 'x'], 2, '--priority is'],
    [['send-mail', '{"to":"a"}', '--priority', '500'], 2, '-100 to 100'],
    [[], 2, "missing required argument 'type'"],
  ])('%j: exit code %i', async (args, exit, text) => {
    const { cli } = cliKit()
    const ran = await cli('enqueue', args)
    expect([ran.exit, ran.stdout]).toEqual([exit, ''])
    expect(ran.stderr).toContain(text)
  })
})

describe('enqueue --wait', () => {
  it('follows the job through its attempts, and prints its result', async () => {
    const { test, cli } = cliKit((_, ctx) => {
      if (ctx.attempt === 1) throw new Error('busy')
      return { sent: true }
    })
    const { exit, stdout, stderr } = await cli('enqueue send-mail {"to":"a"} --wait', [], {
      wait: async () => test.advance('10s'),
    })
    expect(exit).toBe(0)
    expect(stdout).toMatch(
      /^ {2}[0-9a-f-]{36} is COMPLETED \d+ s after its enqueue\.\n {2}\{\n {4}"sent": true\n {2}\}\n$/,
    )
    expect(stderr).toMatch(/Enqueued .*\n {2}RESERVED\n {2}RETRY {2}after attempt 1: Error: busy; again at /)
  })

  it('exits with 1 when the job failed, and with --json prints the job alone', async () => {
    const { test, cli } = cliKit(() => {
      throw new TypeError('no such host')
    })
    const wait = async () => test.advance('30s')
    const ran = await cli('enqueue send-mail {"to":"a"} --wait', [], { wait })
    expect([ran.exit, ran.stdout]).toEqual([1, expect.stringContaining('is FAILED')])
    expect(ran.stdout).toContain('TypeError: no such host')
    const asJson = await cli('enqueue send-mail {"to":"a"} --wait --json', [], { wait })
    expect([asJson.exit, asJson.stderr]).toEqual([1, ''])
    expect(JSON.parse(asJson.stdout)).toMatchObject({ state: 'FAILED', attempt: 2 })
  })
})
