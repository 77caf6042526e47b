import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type RunOptions, run } from '../terminal-kit.ts'

const preview = (args: readonly string[], options?: RunOptions) => run(['schedules', 'preview', ...args], options)
const berlin = ['--cron', '30 2 * * *', '--tz', 'Europe/Berlin', '-n', '3', '--from', '2027-03-27']

async function textOf(args: readonly string[], options?: RunOptions): Promise<string> {
  const { exit, stdout, stderr } = await preview(args, options)
  expect([exit, stderr]).toEqual([0, ''])
  return stdout
}

describe('a preview', () => {
  it('as a person reads it', async () => {
    expect(await textOf(berlin)).toBe(`  Every day at 02:30, Europe/Berlin (gap: next, repeat: first)
  1  Sat 2027-03-27 02:30 +01:00  01:30 UTC
  2  Sun 2027-03-28 03:00 +02:00  01:00 UTC  02:30 is missing (clock +1 h)
  3  Mon 2027-03-29 02:30 +02:00  00:30 UTC
`)
  })

  it('stands in the README', async () => {
    expect(readFileSync('README.md', 'utf8')).toContain(`    --from 2027-03-27\n${await textOf(berlin)}\`\`\`\n`)
  })

  it('as JSON: an array of instants, local times and notes, and nothing else', async () => {
    expect(JSON.parse(await textOf([...berlin, '--json']))).toEqual([
      { at: '2027-03-27T01:30:00.000Z', local: '2027-03-27T02:30:00+01:00' },
      { at: '2027-03-28T01:00:00.000Z', local: '2027-03-28T03:00:00+02:00', note: '02:30 is missing (clock +1 h)' },
      { at: '2027-03-29T00:30:00.000Z', local: '2027-03-29T02:30:00+02:00' },
    ])
  })

  it('with other rules for clock changes', async () => {
    expect(await textOf([...berlin, '--gap', 'skip', '--repeat', 'both'])).toContain(
      '  2  Mon 2027-03-29 02:30 +02:00  00:30 UTC  2027-03-28 02:30 is missing (clock\n' +
        '                                             +1 h)\n',
    )
  })

  it('whose UTC day is another one', async () => {
    const args = ['--cron', '*/30 * * * *', '--tz', 'Europe/Berlin', '--from', '2027-10-31 01:30', '-n', '3']
    expect(await textOf(args)).toBe(`  Every 30 minutes, Europe/Berlin (gap: skip, repeat: both)
  1  Sun 2027-10-31 01:30 +02:00  Sat 23:30 UTC
  2  Sun 2027-10-31 02:00 +02:00  Sun 00:00 UTC  02:00 comes twice (clock -1 h):
                                                 this is the first
  3  Sun 2027-10-31 02:30 +02:00  Sun 00:30 UTC  02:30 comes twice (clock -1 h):
                                                 this is the first
`)
  })

  it('in UTC, from now on, five times, with seconds where there are any', async () => {
    expect(await textOf(['--cron', '*/20 * * * * *'], { now: '2027-01-01T09:00:01Z' })).toBe(
      `  Every 20 seconds, UTC (gap: skip, repeat: both)
  1  Fri 2027-01-01 09:00:20 UTC
  2  Fri 2027-01-01 09:00:40 UTC
  3  Fri 2027-01-01 09:01:00 UTC
  4  Fri 2027-01-01 09:01:20 UTC
  5  Fri 2027-01-01 09:01:40 UTC
`,
    )
  })

  it('of an interval, from its anchor; without one from the start, cut to the minute', async () => {
    const every = ['--every', '15m', '--from', '2027-01-01T00:07:30Z', '--count', '2']
    expect(await textOf([...every, '--anchor', '2026-01-01T00:05:00Z'])).toBe(
      `  Every 15 minutes, counted from 2026-01-01T00:05:00.000Z
  1  Fri 2027-01-01 00:20 UTC
  2  Fri 2027-01-01 00:35 UTC
`,
    )
    expect(await textOf(every)).toContain('counted from 2027-01-01T00:07:00.000Z\n  1  Fri 2027-01-01 00:22 UTC\n')
  })

  it('of one instant, and of one that has passed', async () => {
    const at = ['--at', '2027-06-01T12:00:00Z', '--tz', 'Asia/Tokyo']
    expect(await textOf(at)).toBe(`  Once, at 2027-06-01T12:00:00.000Z
  1  Tue 2027-06-01 21:00 +09:00  12:00 UTC
`)
    expect(await textOf([...at, '--from', '2028-01-01'])).toBe(`  Once, at 2027-06-01T12:00:00.000Z
  Nothing at or after 2028-01-01T00:00:00+09:00.
`)
    expect(await textOf([...at, '--from', '2028-01-01', '--json'])).toBe('[]\n')
  })

  it('ends with the year 9999', async () => {
    const rows = await textOf(['--every', '366d', '--from', '9990-12-31', '-n', '1000', '--json'])
    expect((JSON.parse(rows) as { at: string }[]).at(-1)?.at).toBe('9999-01-06T00:00:00.000Z')
  })
})

describe('bad input', () => {
  const cron = ['--cron', '0 0 * * *']

  it.each([
    [
      ['--cron', '0 25 * * MON'],
      "--cron is '0 25 * * MON'; field 2 (hour) at character 3: 25; allowed: 0 to 23\n" +
        '    0 25 * * MON\n' +
        "      ^^         for example: '0 23 * * MON' (Mondays at 23:00)",
    ],
    [
      ['--cron', '0 0 31 2,4 *'],
      "--cron is '0 0 31 2,4 *'; it never comes true: February and April have no 31st; allowed: a date that exists\n" +
        '    0 0 31 2,4 *\n' +
        "        ^^       for the last day write '0 0 L 2,4 *' (On the last day of February and April at 00:00)",
    ],
    [[...cron, '--tz', 'Europe/Berln'], "--tz is 'Europe/Berln'; allowed: an IANA zone; did you mean Europe/Berlin?"],
    [[...cron, '--gap', 'first'], "--gap is 'first'; allowed: 'skip', 'next'"],
    [[...cron, '--repeat', 'next'], "--repeat is 'next'; allowed: 'first', 'second', 'both'"],
    [[...cron, '--anchor', '2027-01-01T00:00Z'], "--anchor is '2027-01-01T00:00Z'; allowed: only with every"],
    [['--every', '15m', '--gap', 'skip'], "--gap is 'skip'; allowed: only with cron"],
    [['--every', '500ms'], "--every is '500ms'; allowed: 1s to 366d"],
    [[...cron, '--every', '15m'], 'the schedule is given cron and every; allowed: exactly one of cron, every and at'],
    [[], 'the schedule is without a time; allowed: exactly one of cron, every and at'],
    [[...cron, '-n', '0'], "--count is '0'; allowed: a whole number from 1 to 1000"],
    [[...cron, '-n', '1001'], "--count is '1001'; allowed: a whole number from 1 to 1000"],
    [[...cron, '-n', '1e1'], "--count is '1e1'; allowed: a whole number from 1 to 1000"],
  ])('%j', async (args, message) => {
    expect(await preview(args)).toEqual({ exit: 2, stdout: '', stderr: `Error (invalid_input): ${message}\n` })
    const asJson = await preview([...args, '--json'])
    expect([asJson.exit, asJson.stdout, JSON.parse(asJson.stderr)]).toMatchObject([
      2,
      '',
      { code: 'invalid_input', message },
    ])
  })

  it('of --from says what is taken', async () => {
    expect((await preview([...cron, '--from', '2027-02-30'])).stderr).toMatch(
      /^Error \(invalid_input\): --from is '2027-02-30'; allowed: a day such as '2027-03-28', a local time such as/,
    )
  })
})
