import { describe, expect, it } from 'vitest'
import { cliKit, idle } from '../api-kit.ts'
import { run } from '../terminal-kit.ts'

interface Report {
  readonly ok: boolean
  readonly findings: readonly {
    readonly level: string
    readonly what: string
    readonly text: string
    readonly todo?: string
  }[]
}
const levelOf = ({ findings }: Report, what: string): string | undefined =>
  findings.find(one => one.what === what)?.level

describe('doctor', () => {
  it('says that all works, and what is worth a look', async () => {
    const { test, cli, json } = cliKit()
    await test.enqueue(idle, {}, { delay: '2h' })
    await test.advance('2m')
    await cli('queues pause mails')
    const report = await json<Report>('doctor', ['--local'])
    expect(report.ok).toBe(true)
    expect(report.findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'node',
        'lamplighter',
        'project',
        'esbuild',
        'lamplighter-engines',
        'target',
        'tick',
        'recorder',
      ]),
    )
    expect([levelOf(report, 'tick'), levelOf(report, 'queue_paused')]).toEqual(['ok', 'warning'])
    const { exit, stdout } = await cli('doctor')
    expect(exit).toBe(0)
    expect(stdout).toMatch(/\n {2}warning +queue_paused +paused: mails\. To do: Resume them/)
    expect(stdout).toMatch(/\n\n {2}All works; look at the warnings\.\n$/)
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
  })

  it('without a tick fails', async () => {
    const { test, cli, json } = cliKit()
    await test.enqueue(idle, {}, { delay: '2h' })
    const { exit } = await cli('doctor')
    expect(exit).toBe(1)
    const { stdout } = await cli('doctor --json')
    expect(levelOf(JSON.parse(stdout) as Report, 'no_tick')).toBe('fail')
    await expect(json('doctor')).resolves.toMatchObject({ ok: false })
  })

  it('finds other clocks and other time zones', async () => {
    const health = {
      verdict: 'ok',
      reasons: [],
      at: '2027-01-01T01:00:00Z',
      oldestDueMs: 0,
      recorder: {},
      lastHour: {},
      timeZones: '1999a',
    }
    const lost = {
      name: 'lost',
      jobs: { states: { FAILED: 3 }, types: {} },
      concurrency: { value: 40, code: 10, by: 'alice' },
      mapping: 'Disabled',
    }
    const fetch = async (request: unknown) =>
      Response.json((request as Request).url.endsWith('/v1/health') ? health : { queues: [lost] })
    const { exit, stdout } = await run(['doctor', '--json'], { fetch })
    const report = JSON.parse(stdout) as Report
    expect(exit).toBe(0)
    expect(report.findings.filter(({ what }) => what === 'queue lost')).toHaveLength(3)
    for (const what of ['clock', 'time zones', 'recorder', 'project']) expect(levelOf(report, what)).toBe('warning')
  })

  it('a target that does not answer is a finding, with what to do', async () => {
    const { exit, stdout, stderr } = await run(['doctor'])
    expect([exit, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/ {2}FAIL +target +nothing answers at/)
    expect(stdout).toMatch(/ {2}Something does not work\.\n$/)
  })
})
