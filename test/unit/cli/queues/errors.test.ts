import { expect, it } from 'vitest'
import { cliKit, mail } from '../api-kit.ts'

it('failures that are alike are one group, with what leads to their jobs', async () => {
  const { test, cli, json } = cliKit(({ to }) => {
    throw new TypeError(`no answer from ${to}`)
  })
  const ids = await Promise.all([1, 2].map(async n => (await test.enqueue(mail, { to: `host ${n}` })).id))
  await test.advance('5m')
  const { groups } = await json<{ groups: { why: string; count: number }[] }>('errors --queue mails')
  expect(groups).toMatchObject([{ count: 4, jobsFailed: 2 }])
  const { stdout } = await cli('errors')
  expect(stdout).toContain(`  ${groups[0]?.why}  send-mail in mails\n    no answer from host`)
  expect(stdout).toMatch(/4 runs, 2 jobs FAILED · last \d min ago, first \d min ago/)
  for (const id of ids) expect(stdout).toContain(`…${id.slice(-6)}`)
  const page = await json<{ jobs: unknown[] }>('jobs list --phase failed', ['--why', groups[0]?.why ?? ''])
  expect(page.jobs).toHaveLength(2)
})

it('without a failure, and with a limit that is none', async () => {
  const { cli } = cliKit()
  expect((await cli('errors')).stdout).toBe('  No run has failed in the last 30 days.\n')
  expect(await cli('errors --limit 0')).toMatchObject({ exit: 2 })
  expect(await cli('errors --queue other')).toMatchObject({ exit: 2 })
})
