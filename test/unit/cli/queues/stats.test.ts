import { expect, it } from 'vitest'
import { cliKit, mail } from '../api-kit.ts'

it('shows totals, and each minute in which something happened', async () => {
  const { test, cli, json } = cliKit()
  await test.enqueue(mail, { to: 'a' })
  await test.advance('90s')
  await test.enqueue(mail, { to: 'b' })
  await test.advance('90s')
  const { exit, stdout } = await cli('stats')
  expect(exit).toBe(0)
  expect(stdout).toMatch(/^ {2}2026-12-31 23:03Z to 2027-01-01 00:03Z\n {4}enqueued {2}2, 0\.0 a minute\n/)
  expect(stdout).toMatch(/ended +2 completed, 0 failed, 0 cancelled\n/)
  expect(stdout.split('\n').filter(line => /^ {2}00:0\d /.test(line))).toHaveLength(2)
  expect(await json('stats --type send-mail --step hour --from 1d')).toMatchObject({ total: { completed: 2 } })
  expect((await cli('stats --queue default')).stdout).toContain('Nothing happened.')
  expect(await cli('stats --step day')).toMatchObject({ exit: 2 })
})
