import { describe, expect, it } from 'vitest'
import { type RunOptions, run } from '../terminal-kit.ts'

const change = (id: string, kind: string, more: object = {}) => ({
  at: '2027-01-01T12:00:01.123Z',
  queue: 'mails',
  id: `0198c0de-7b5e-7c3a-9d41-0000000${id}`,
  kind,
  ...more,
})

/** Answers in turn, then refuses; jobs have an error. */
function following(answers: readonly unknown[]) {
  const asked: string[] = []
  const left = [...answers]
  const fetch = async (request: unknown): Promise<Response> => {
    const { pathname, search } = new URL((request as Request).url)
    if (pathname.startsWith('/v1/jobs/')) {
      if (pathname.endsWith('gone1')) return Response.json({ code: 'not_found', detail: 'gone' }, { status: 404 })
      return Response.json({
        type: 'send-mail',
        error: { name: 'TypeError', message: `no\u{1b}[2J answer\n${'x'.repeat(90)}` },
      })
    }
    asked.push(search)
    const next = left.shift()
    if (next === undefined) return Response.json({ code: 'forbidden', detail: 'the end' }, { status: 403 })
    if (next instanceof Error) throw next
    return Response.json(next)
  }
  return {
    asked,
    watch: (args: readonly string[] = [], options: RunOptions = {}) => run(['watch', ...args], { fetch, ...options }),
  }
}

describe('watch', () => {
  it('prints each change in one line, with the error of what failed, and goes on where it was', async () => {
    const { asked, watch } = following([
      {
        changes: [change('aaaa1', 'enqueued', { type: 'send-mail' }), change('aaaa1', 'retried')],
        next: 'N1',
        isSampled: false,
      },
      { changes: [], next: 'N2', isSampled: false },
      { changes: [change('bbbb2', 'completed'), change('gone1', 'failed')], next: 'N3', isSampled: false },
    ])
    const { exit, stdout, stderr } = await watch(['--queue', 'mails'])
    expect([exit, stderr]).toEqual([4, 'Error (forbidden): the end\n'])
    expect(asked).toEqual([
      '?queue=mails&wait=20',
      ...['N1', 'N2', 'N3'].map(next => `?after=${next}&queue=mails&wait=20`),
    ])
    expect(stdout).toBe(
      [
        '  12:00:01.123  enqueued   …0aaaa1  send-mail',
        '  12:00:01.123  retried    …0aaaa1  send-mail  TypeError: no [2J answer xxxxxxx…',
        '  12:00:01.123  completed  …0bbbb2  mails',
        '  12:00:01.123  failed     …0gone1  mails',
        '',
      ].join('\n'),
    )
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('shows only what was asked for', async () => {
    const changes = ['completed', 'failed', 'crashed'].map((kind, n) =>
      change(`aaaa${n}`, kind, { type: n === 2 ? 'other' : 'send-mail' }),
    )
    const { watch } = following([{ changes, next: 'N', isSampled: false }])
    const { stdout } = await watch(['--kind', 'failed, Crashed', '--type', 'send-mail'])
    expect(stdout).toMatch(/^.* failed .*\n$/)
  })

  it('says that it shows samples, and prints an object a line for programs', async () => {
    const answer = { changes: [change('aaaa1', 'failed'), change('bbbb2', 'completed')], next: 'N', isSampled: true }
    expect((await following([answer]).watch()).stderr).toContain('Samples: at most 20 jobs')
    const { stdout } = await following([answer]).watch(['--json'])
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toMatchObject([
      { kind: 'failed', type: 'send-mail', error: { name: 'TypeError' } },
      { kind: 'completed', queue: 'mails' },
    ])
  })

  it('waits for a service that is away, and gives it up after ten tries', async () => {
    const waits: number[] = []
    const away = Array.from({ length: 9 }, () => new TypeError('fetch failed'))
    const back = { changes: [change('bbbb2', 'completed')], next: 'N', isSampled: false }
    const ran = await following([...away, back, ...away, new TypeError('fetch failed')]).watch([], {
      wait: ms => void waits.push(ms),
    })
    expect([ran.exit, waits.length]).toEqual([5, 18])
    expect(ran.stdout).toContain('completed')
  })

  it('refuses a kind that there is none of', async () => {
    const { asked, watch } = following([])
    const { exit, stderr } = await watch(['--kind', 'failed,broken'])
    expect([exit, asked]).toEqual([2, []])
    expect(stderr).toContain("--kind is 'broken'; allowed: enqueued, started, completed")
  })
})
