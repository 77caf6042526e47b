import { describe, expect, it } from 'vitest'
import { cliKit, mail } from '../api-kit.ts'

describe('a queue', () => {
  it('is paused, starts nothing, and goes on when it is resumed', async () => {
    const { test, cli } = cliKit()
    const paused = await cli('queues pause mails --for 2h', ['--why', 'SMTP is down'])
    expect(paused).toEqual({
      exit: 0,
      stderr: '',
      stdout: '  mails is paused until 2027-01-01T02:00:00.000Z. Nothing new starts within 5 s.\n',
    })
    const { id } = await test.enqueue(mail, { to: 'a' })
    await test.advance('3m')
    expect(await test.get(id)).toMatchObject({ attempt: 0 })
    expect((await cli(`jobs explain ${id}`)).stdout).toContain("Queue 'mails' is paused")
    expect(await cli('queues resume mails')).toMatchObject({ exit: 0, stdout: expect.stringContaining('not paused') })
    await test.advance('6m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('that is paused stays as somebody paused it: exit code 1', async () => {
    const { cli } = cliKit()
    expect((await cli('queues pause mails')).stdout).toContain('until somebody resumes it')
    const again = await cli('queues pause mails')
    expect([again.exit, again.stderr]).toEqual([1, expect.stringContaining('possible: resume')])
  })

  it('is scaled over what the code says, and back', async () => {
    const { cli, json } = cliKit()
    expect((await cli('queues scale mails 40')).stdout).toMatch(/^ {2}mails: 40 \(code: 10\), by \S+ at 2027/)
    expect(await json('queues show mails')).toMatchObject({ concurrency: { value: 40, code: 10 } })
    expect((await cli('queues show mails')).stdout).toMatch(/concurrency +40 \(code: 10\)/)
    expect((await cli('queues scale mails --reset')).stdout).toMatch(/^ {2}mails: 10/)
  })

  it('is limited as a whole, and is not any more', async () => {
    const { cli, json, test } = cliKit()
    const [count, queue] = ['queues limit mails 2 --rate 10/1s --burst 20', 'queues show mails']
    expect((await cli(count)).stdout).toMatch(
      /^ {2}mails: 2 at a time, 10 starts per 1s, 20 at once \(code: nothing\), by \S+\s+at 2027/,
    )
    expect(await json(queue)).toMatchObject({ limit: { concurrency: 2, rate: { count: 10, per: '1s', burst: 20 } } })
    await cli('queues limit mails 1')
    expect((await cli(queue)).stdout).toMatch(/limit +1 at a time \(code: nothing\)/)
    await test.enqueueMany([1, 2, 3].map(n => test.job(mail, { to: `${n}` })))
    expect((await cli('queues limit mails --off')).stdout).toContain('mails: nothing limits it.')
    expect((await cli(queue)).stdout).not.toContain('at a time')
  })

  it.each([
    ['limit mails', 2],
    ['limit mails 0', 2],
    ['limit mails 101', 2],
    ['limit mails many', 2],
    ['limit mails 1 --off', 2],
    ['limit mails 1 --burst 2', 2],
    ['limit mails --rate 10', 2],
    ['limit mails --rate 1000/1s', 2],
    ['limit mails --rate 1/soon', 2],
    ['limit other 1', 3],
    ['scale mails', 2],
    ['scale mails 40 --reset', 2],
    ['scale mails 1', 2],
    ['scale mails many', 2],
    ['scale other 40', 3],
    ['pause other', 3],
    ['resume other', 3],
    ['pause mails --for soon', 2],
  ])('%s: exit code %i', async (words, exit) => {
    const { cli } = cliKit()
    expect(await cli(`queues ${words}`)).toMatchObject({ exit, stdout: '' })
  })
})
