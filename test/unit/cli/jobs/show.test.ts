import { describe, expect, it } from 'vitest'
import { cliKit, idle, mail } from '../api-kit.ts'

describe('one job', () => {
  it('shows its error, its input, and each of its runs', async () => {
    const { test, cli, json } = cliKit(() => {
      throw new TypeError('no answer')
    })
    const { id } = await test.enqueue(mail, { to: 'a@example.org' }, { tags: ['vip'] })
    await test.advance('5m')
    const { exit, stdout } = await cli(`jobs show ${id}`)
    expect(exit).toBe(0)
    expect(stdout).toMatch(new RegExp(`^ {2}send-mail ${id} is FAILED\n {4}queue +mails\n {4}attempt +2 of 2\n`))
    expect(stdout).toContain('input     {"to":"a@example.org"}')
    expect(stdout).toContain('error     TypeError: no answer')
    expect(stdout).toMatch(/\n {2}2 +failed +2027-01-01T00:01:00Z .*TypeError: no answer\n/)
    expect(stdout).toMatch(/\n {2}1 +retried /)
    expect(await json(`jobs show ${id}`)).toMatchObject({
      job: { id, state: 'FAILED', input: { to: 'a@example.org' } },
      runs: { runs: [{ attempt: 2 }, { attempt: 1 }], history: 'all' },
    })
  })

  it('behind which another is to follow shows that one', async () => {
    const { test, cli, json } = cliKit(() => {
      throw new TypeError('no answer')
    })
    const unique = { key: 'k', onConflict: 'again' } as const
    const { id } = await test.enqueue(mail, { to: 'a' }, { unique })
    expect(await test.get(id)).not.toHaveProperty('next')
    await test.advance('10s')
    await test.enqueue(mail, { to: 'b' }, { unique, delay: '1h' })
    const { stdout } = await cli(`jobs show ${id}`)
    expect(stdout).toMatch(/next +follows it, asked for 2027-01-01T00:00:10/)
    expect(stdout).toMatch(/next input +\{"to":"b"\}/)
    const next = { input: { to: 'b' }, insertedAt: expect.any(String), scheduledAt: '2027-01-01T01:00:10.000Z' }
    expect(await json(`jobs show ${id}`)).toMatchObject({ job: { id, next } })
    // An input of its own record is not in the item.
    await test.enqueue(mail, { to: 'b'.repeat(5_000) }, { unique })
    expect(((await test.get(id)) ?? {}).next).toEqual({
      insertedAt: expect.any(String),
      scheduledAt: expect.any(String),
    })
    expect((await cli(`jobs show ${id}`)).stdout).not.toContain('next input')
  })

  it('that waits says why, and what to do', async () => {
    const { test, cli, json } = cliKit()
    const { id } = await test.enqueue(idle, {}, { delay: '2h' })
    const shown = await cli(`jobs show ${id}`)
    expect(shown.stdout).toContain('1. It is due at 2027-01-01T02:00:00.000Z.')
    expect(shown.stdout).toContain('To do: run it now, or reschedule it.')
    const explained = await cli(`jobs explain ${id}`)
    expect(explained.stdout).toMatch(new RegExp(`^ {2}${id} is SCHEDULED\n\n {2}1\\. It is due`))
    expect(await json(`jobs explain ${id}`)).toMatchObject({ id, reasons: [{ code: 'due_later' }] })
  })

  it.each(['show', 'explain', 'cancel', 'run', 'retry', 'delete --yes'])(
    'that is not there: %s, exit code 3',
    async act => {
      const { cli } = cliKit()
      const [name, ...flags] = act.split(' ')
      expect(await cli(`jobs ${name} nobody`, flags)).toEqual({
        exit: 3,
        stdout: '',
        stderr: "Error (not_found): there is no job 'nobody'\n",
      })
    },
  )
})
