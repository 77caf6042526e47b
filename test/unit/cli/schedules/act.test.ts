/** The commands against the real API on ports in memory. */
import { describe, expect, it } from 'vitest'
import { createHttpApp } from '../../../../lib/http/app.ts'
import { kitOf } from '../../../support/schedules.ts'
import { type Ran, run } from '../terminal-kit.ts'

const nightly = { cron: '30 2 * * *', timezone: 'Europe/Berlin', input: { day: 'x' }, overlap: 'skip' } as const
const often = { every: '15m', anchor: '2026-01-01T00:05:00Z', input: {} } as const

/** The schedules `nightly` and `often` of the code, a quarter of an hour after they were registered. */
async function deployed() {
  const { test } = kitOf({ nightly, often })
  await test.tick()
  await test.advance('16m')
  const app = createHttpApp(test.deps, error => {
    throw error
  })
  const cli = (words: string, answers?: (question: string) => string, args: readonly string[] = []): Promise<Ran> =>
    run([...words.split(' '), ...args], {
      now: new Date(test.clock.now()).toISOString(),
      fetch: async request => app.fetch(request as Request),
      ...(answers === undefined ? {} : { answers }),
    })
  const json = async (words: string): Promise<unknown> => {
    const { stdout, stderr } = await cli(`${words} --json`)
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }
  return { test, cli, json }
}
const widest = ({ stdout }: Ran): number => Math.max(...stdout.split('\n').map(line => line.length))

describe('a list', () => {
  it('shows when, where and by whom, within 80 columns', async () => {
    const { cli } = await deployed()
    const listed = await cli('schedules list')
    expect(listed).toEqual({
      exit: 0,
      stderr: '',
      stdout: `  NAME     WHEN                ZONE           NEXT       LAST        BY
  nightly  Every day at 02:30  Europe/Berlin  in 74 min  –           code
  often    Every 15 minutes    –              in 4 min   11 min ago  code
`,
    })
    expect(widest(listed)).toBeLessThanOrEqual(80)
  })

  it('shows an occurrence that is enqueued already as the next', async () => {
    const { cli, test } = await deployed()
    await test.advance('210s')
    expect((await cli('schedules list')).stdout).toMatch(/often +Every 15 minutes +– +in 30 s +enqueued +code/)
  })

  it('without any says so', async () => {
    const { test } = kitOf({})
    const app = createHttpApp(test.deps, () => {})
    const fetch = async (request: unknown) => app.fetch(request as Request)
    expect((await run(['schedules', 'list'], { fetch })).stdout).toBe('  There are no schedules.\n')
  })
})

describe('one schedule', () => {
  it('shows its options, how far it came, and what comes next', async () => {
    const { cli, json } = await deployed()
    const { exit, stdout } = await cli('schedules show often')
    expect(exit).toBe(0)
    for (const text of ['often is ACTIVE', 'Every 15 minutes', 'work', 'fired', 'Next:']) expect(stdout).toContain(text)
    expect(widest(await cli('schedules show nightly'))).toBeLessThanOrEqual(80)
    expect(await json('schedules show nightly')).toMatchObject({ name: 'nightly', owner: 'code', overlap: 'skip' })
  })

  it('that is not there: exit code 3', async () => {
    const { cli } = await deployed()
    expect(await cli('schedules show gone')).toEqual({
      exit: 3,
      stdout: '',
      stderr: "Error (not_found): there is no schedule 'gone'\n",
    })
  })

  it('is paused, resumed, and run out of turn', async () => {
    const { cli, json, test } = await deployed()
    expect(await cli('schedules pause often')).toMatchObject({ exit: 0, stdout: '  often is paused.\n' })
    expect((await cli('schedules list')).stdout).toMatch(/often .* paused/)
    const ran = (await json('schedules run often')) as { id: string }
    expect(await test.get(ran.id)).toMatchObject({ schedule: 'often' })
    expect((await cli('schedules resume often')).stdout).toMatch(/^ {2}often is ACTIVE: next in \d+ min\.\n$/)
  })

  it('lists what it ran', async () => {
    const { cli, json } = await deployed()
    const rows = (await json('schedules occurrences often')) as { id: string; state: string }[]
    expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'COMPLETED'))
    expect(rows.length).toBeGreaterThan(0)
    expect((await cli('schedules occurrences often --limit 1')).stdout).toContain(rows[0]?.id)
    expect((await cli('schedules occurrences nightly')).stdout).toBe('  It has not fired yet.\n')
    expect(await cli('schedules occurrences often --limit 0')).toMatchObject({ exit: 2 })
  })
})

describe('a schedule that is made at run time', () => {
  const cron = ['--cron', '0 8 * * MON-FRI', '--tz', 'America/New_York']

  it('is made once, and replaced only when that is asked for', async () => {
    const { cli, json } = await deployed()
    const made = await cli('schedules add t:42 work', undefined, [...cron, '--input', '{"n":1}'])
    expect(made).toMatchObject({ exit: 0, stderr: '' })
    expect(made.stdout).toMatch(/^ {2}Made\.\n/)
    const again = await cli('schedules add t:42 work', undefined, cron)
    expect([again.exit, again.stderr]).toEqual([1, expect.stringContaining('Error (precondition_failed)')])
    const args = ['--every', '1h', '--misfire', 'all:3', '--times', '5', '--paused', '--replace']
    expect((await cli('schedules add t:42 work', undefined, args)).stdout).toMatch(/^ {2}Replaced\.\n/)
    expect(await json('schedules show t:42')).toMatchObject({
      every: '1h',
      misfire: { all: 3 },
      times: 5,
      owner: 'api',
    })
    const fresh = await cli('schedules add t:43 work', undefined, [...cron, '--replace'])
    expect(fresh.stdout).toMatch(/^ {2}Made\.\n/)
  })

  it.each([
    [['--cron', '0 25 * * MON'], 2, 'field 2 (hour) at character 3: 25; allowed: 0 to 23'],
    [['--every', '1h', '--input', '{'], 2, `--input is '{'; allowed: JSON such as '{"a":1}'`],
    [['--every', '1h', '--input', '@none.json'], 2, '--input is unreadable'],
    [['--every', '1h', '--times', 'x'], 2, "--times is 'x'; allowed: a whole number from 1"],
    [['--every', '1h', '--input', '{"n":"text"}'], 2, 'Error (input_refused)'],
    [[...cron, '--tz', 'Europe/Berln'], 2, 'did you mean Europe/Berlin?'],
  ])('with %j is refused, and nothing is made', async (args, exit, text) => {
    const { cli } = await deployed()
    const refused = await cli('schedules add wrong work', undefined, args)
    expect([refused.exit, refused.stdout]).toEqual([exit, ''])
    expect(refused.stderr).toContain(text)
    expect(await cli('schedules show wrong')).toMatchObject({ exit: 3 })
  })

  it('of the code cannot be replaced or deleted', async () => {
    const { cli } = await deployed()
    const replaced = await cli('schedules add often work', undefined, [...cron, '--replace'])
    expect([replaced.exit, replaced.stderr]).toEqual([1, expect.stringContaining('Error (owned_by_code)')])
    const deleted = await cli('schedules delete often --yes')
    expect([deleted.exit, deleted.stderr]).toEqual([1, expect.stringContaining('Error (owned_by_code)')])
  })

  it('is deleted after a yes, alone or with all others', async () => {
    const { cli } = await deployed()
    for (const name of ['a', 'b', 'c']) await cli(`schedules add ${name} work --every 1h`)
    const nobody = await cli('schedules delete a')
    expect([nobody.exit, nobody.stderr]).toEqual([2, expect.stringContaining('--yes is absent')])
    const asked: string[] = []
    const answering = (answer: string) => (question: string) => {
      asked.push(question)
      return answer
    }
    expect(await cli('schedules delete a', answering(''))).toMatchObject({
      exit: 1,
      stdout: '  Nothing was deleted.\n',
    })
    expect(await cli('schedules delete a', answering('y'))).toMatchObject({ exit: 0, stdout: '  a is deleted.\n' })
    expect(await cli('schedules delete-all', answering('no'))).toMatchObject({ exit: 1 })
    expect(await cli('schedules delete-all --yes')).toMatchObject({
      exit: 0,
      stdout: '  2 deleted; 2 belong to the code and stay.\n',
    })
    expect(asked).toEqual([
      'Delete the schedule a? [y/N] ',
      'Delete the schedule a? [y/N] ',
      'Delete 2 schedules that were made at run time? [y/N] ',
    ])
  })
})
