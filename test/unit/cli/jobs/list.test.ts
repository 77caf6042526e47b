import widthOf from 'fast-string-width'
import { describe, expect, it } from 'vitest'
import { cliKit, idle, mail } from '../api-kit.ts'

const failing = () => {
  throw new TypeError('no answer from mail.example in 30 s')
}
interface Listed {
  readonly jobs: readonly { readonly id: string; readonly state: string }[]
  readonly next?: string
}

describe('a list', () => {
  it('of live jobs shows states and when they are due; of failed ones why', async () => {
    const { test, cli } = cliKit(failing)
    await test.enqueue(idle, {}, { delay: '2h' })
    await test.enqueue(mail, { to: 'a' }, { delay: '5m' })
    const failed = await test.enqueue(mail, { to: 'b' })
    await test.advance('4m')
    const live = await cli('jobs list')
    expect([live.exit, live.stderr]).toEqual([0, ''])
    expect(live.stdout.replaceAll(/…\w{6}/g, '…lastid')).toBe(`  ID       TYPE       QUEUE    STATE      TRIES  DUE
  …lastid  send-mail  mails    SCHEDULED  0/2    in 60 s
  …lastid  idle       default  SCHEDULED  0/5    in 2 h
`)
    expect(
      (await cli('jobs list --queue mails --phase failed')).stdout,
    ).toBe(`  ID       TYPE       TRIES  ENDED      WHY
  …${failed.id.slice(-6)}  send-mail  2/2    3 min ago  TypeError: no answer from mail.example
                                        in 30 s
`)
  })

  it('goes on at its cursor, and says how many there are', async () => {
    const { test, cli, json } = cliKit()
    for (let n = 0; n < 5; n += 1) await test.enqueue(idle, { n }, { delay: '1h' })
    await test.advance('1m')
    const { stdout } = await cli('jobs list --queue default --limit 3')
    const cursor = /3 shown, of 5, as counted .* ago\.\s+More: --cursor\s+(\S+)\n$/.exec(stdout)?.[1] ?? ''
    const rest = await json<Listed>(`jobs list --queue default --limit 3 --cursor ${cursor}`)
    expect([rest.jobs.length, rest.next]).toEqual([2, undefined])
  })

  it('takes states and phases in any case, and lengths of time before now', async () => {
    const { test, json } = cliKit(failing)
    await test.enqueue(mail, { to: 'a' })
    await test.advance('5m')
    expect((await json<Listed>('jobs list --state failed --from 1h')).jobs).toHaveLength(1)
    expect((await json<Listed>('jobs list --phase FAILED --to 1h')).jobs).toHaveLength(0)
    expect((await json<Listed>('jobs list --phase failed --why TypeError --type send-mail')).jobs).toHaveLength(1)
  })

  it('without a job says so', async () => {
    const { cli } = cliKit()
    expect((await cli('jobs list')).stdout).toBe('  No live job matches.\n')
    expect((await cli('jobs list --phase completed')).stdout).toContain('listCompleted: true')
  })

  it.each([
    ['--state nowhere', "state is 'NOWHERE'; allowed: 'SCHEDULED'"],
    ['--limit 0', 'limit'],
    ['--queue other', "queue is 'other'"],
    ['--cursor forged', 'cursor'],
    ['--from yesterday', 'from'],
    ['--from 99999d', "--from is '99999d'; allowed: at most 4000d ago"],
  ])('with %s is refused', async (words, text) => {
    const { cli } = cliKit()
    const { exit, stdout, stderr } = await cli(`jobs list ${words}`)
    expect([exit, stdout]).toEqual([2, ''])
    expect(stderr).toContain(text)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  it('of hostile, wide and long content fits 80 columns and steers no terminal', async () => {
    const hostile = '\u{1b}]0;owned\u{7}\u{1b}[2J漢字'.repeat(20)
    const { test, cli } = cliKit(() => {
      throw Object.assign(new Error(`${hostile}\n  fake  row`), { name: `名前\u{202e}${'x'.repeat(60)}` })
    })
    const { id } = await test.enqueue(mail, { to: hostile })
    await test.advance('5m')
    for (const words of ['jobs list --phase failed', `jobs show ${id}`, 'errors', 'stats', 'types']) {
      const { exit, stdout } = await cli(words)
      expect(exit).toBe(0)
      expect(stdout).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u)
      // What is no table leaves a word that is longer than a line to the terminal, so that it can be copied.
      const tooWide = stdout.split('\n').filter(line => widthOf(line) > 80 && line.trim().includes(' '))
      expect(words.startsWith('jobs show') ? [] : tooWide).toEqual([])
    }
  })
})
