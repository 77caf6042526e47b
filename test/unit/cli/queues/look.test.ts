import { expect, it } from 'vitest'
import { cliKit, idle, mail } from '../api-kit.ts'

it('queues show how full they are, how fast they go, and what is paused', async () => {
  const { test, cli, json } = cliKit(({ to }) => {
    if (to === 'nobody') throw new Error('no such user')
    return 'sent'
  })
  await test.enqueue(idle, {}, { delay: '2h' })
  for (const to of ['a', 'nobody']) await test.enqueue(mail, { to })
  await test.advance('3m')
  await cli('queues pause default', ['--why', 'a check'])
  const { exit, stdout } = await cli('queues list')
  expect(exit).toBe(0)
  expect(stdout).toMatch(/^ {2}QUEUE +WAITING +OLDEST +RUNNING +RETRY +FAILED +\/MIN +P95 RUN\n/)
  expect(stdout).toMatch(/\n {2}default +paused +1 +– +0 +0 +0 +0 +–\n/)
  expect(stdout).toMatch(/\n {2}mails +0 +– +0 +0 +1 +0\.2 +\d+ ms\n/)
  expect(stdout).toMatch(/\n {2}Counted .* ago\.\n$/)
  const shown = await cli('queues show mails')
  expect(shown.stdout).toMatch(/^ {2}mails\n {4}concurrency +10\n {4}mapping +Enabled\n {4}messages +about 0 visible/)
  expect(shown.stdout).toMatch(/\n {2}send-mail +1 FAILED, 1 COMPLETED|\n {2}send-mail +1 COMPLETED, 1 FAILED/)
  expect((await cli('queues show default')).stdout).toMatch(
    /^ {2}default is paused\n {4}paused +\d+ ms ago by \S+: a check\n/,
  )
  expect(await json('queues list')).toMatchObject({ queues: [{ name: 'default' }, { name: 'mails' }] })
  expect(await cli('queues show other')).toMatchObject({ exit: 3 })
})
