import { expect, it } from 'vitest'
import { jobRequest } from '../../../../lib/core/definition/job-request.ts'
import { cliKit, mail } from '../api-kit.ts'

it('lists the jobs of a batch by their places, a page at a time', async () => {
  const { test, cli, json } = cliKit(() => 'sent')
  const { id } = await test.batch([test.job(mail, { to: 'a' }), test.job(mail, { to: 'b' }, { delay: '3h' })])
  await test.advance('1m')
  const shown = (await cli(`jobs children ${id}`)).stdout
  expect(shown).toContain("1 of 2 of 'batch' are left.")
  expect(shown).toMatch(/GROUP +PLACE +JOB +STATE +LEFT/)
  expect(shown).toMatch(/batch +0 +\S+ +COMPLETED +"sent"/)
  expect(shown).toMatch(/batch +1 +\S+ +SCHEDULED/)
  expect(await json(`jobs children ${id} --limit 1`)).toMatchObject({
    groups: [{ name: 'batch', of: 2, left: 1 }],
    children: [{ index: 0, outcome: 'completed', result: 'sent' }],
    next: '1',
  })
  expect((await cli(`jobs children ${id} --limit 1`)).stdout).toContain('More: --cursor 1')
})

it('says so of a job that has none', async () => {
  const { test, cli } = cliKit(() => 'sent')
  const { id } = await test.enqueue(mail, { to: 'a' })
  expect((await cli(`jobs children ${id}`)).stdout).toContain('has no children')
})

it('is part of what `jobs show` says of the job that waits for them', async () => {
  const { test, cli, json } = cliKit(({ to }, ctx) =>
    to === 'all'
      ? ctx.all('parts', [jobRequest(mail, { to: 'a' }), jobRequest(mail, { to: 'b' }, { delay: '3h' })])
      : to,
  )
  const { id } = await test.enqueue(mail, { to: 'all' })
  await test.advance('1m')
  const shown = (await cli(`jobs show ${id}`)).stdout
  expect(shown).toContain("1 of 2 of 'parts' are left.")
  expect(shown).toMatch(/parts +0 +\S+ +COMPLETED +"a"/)
  expect(await json(`jobs show ${id}`)).toMatchObject({ children: { groups: [{ name: 'parts', of: 2, left: 1 }] } })
})
