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

it('gates show who holds their places and who waits, within 80 columns', async () => {
  const { test, cli, json } = cliKit(async () => test.clock.sleep(20_000))
  expect((await cli('queues gates mails')).stdout).toBe('  No job waits at a limit of mails.\n')
  await test.queues.limit('mails', { concurrency: 1 })
  const ids: string[] = []
  for (const to of ['a', 'b', 'c']) {
    ids.push((await test.enqueue(mail, { to })).id)
    await test.advance('10ms')
  }
  await test.advance('5s')
  const [held = '', next = '', last = ''] = ids
  const { stdout } = await cli('queues gates mails')
  expect(stdout).toMatch(/^ {2}GATE +LIMIT +HELD +WAITING +SINCE\n {2}\/mails +1 at a time +1 +2 +\d+ s ago\n$/)
  const one = await cli('queues gate mails /mails')
  expect(one.stdout).toMatch(
    /^ {2}\/mails\n {4}limit +1 at a time\n {4}waiting +2, since \d+ s ago\n {4}held by +\S+, lease ends in \d+ s\n\n {2}JOB +TYPE +PRIORITY +DUE +IN LINE SINCE\n/,
  )
  expect(one.stdout).toContain(held)
  expect(one.stdout.indexOf(next.slice(-6))).toBeGreaterThan(0)
  expect(one.stdout.indexOf(last.slice(-6))).toBeGreaterThan(one.stdout.indexOf(next.slice(-6)))
  for (const line of `${stdout}${one.stdout}`.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(await json('queues gates mails')).toMatchObject({ gates: [{ gate: '/mails', waiting: { count: 2 } }] })
  expect(await json('queues gate mails /mails --limit 1')).toMatchObject({ line: [{ id: next }] })
  const listed = await cli('jobs list --parked')
  expect(listed.stdout).toMatch(/^ {2}ID +TYPE +STATE +TRIES +DUE +IN LINE AT\n/)
  expect(listed.stdout.match(/ \/mails$/gm)).toHaveLength(2)
  expect(await cli('queues gates nowhere')).toMatchObject({ exit: 3 })
  expect(await cli('queues gate mails sync/a')).toMatchObject({ exit: 3 })
  expect(await cli('queues gates mails --limit 0')).toMatchObject({ exit: 2 })
})
