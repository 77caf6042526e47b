import { expect, it } from 'vitest'
import { cliKit, idle } from '../api-kit.ts'

it('who did what, the newest first, with a cursor', async () => {
  const { test, cli, json } = cliKit()
  const { id } = await test.enqueue(idle, {}, { delay: '2h' })
  expect((await cli('audit')).stdout).toBe('  Nobody did anything.\n')
  await cli(`jobs cancel ${id}`)
  await test.advance('1m')
  await cli('queues pause mails --for 2h')
  const { exit, stdout } = await cli('audit')
  expect(exit).toBe(0)
  expect(stdout).toMatch(/\n {2}0 ms ago +\S+ +pause\S* +mails +for=2h/)
  expect(stdout).toMatch(new RegExp(`\\n {2}60 s ago +\\S+ +cancel +idle …${id.slice(-6)}\\n`))
  const page = await json<{ acts: unknown[]; next?: string }>('audit --limit 1')
  expect(page.acts).toHaveLength(1)
  expect(await json(`audit --limit 1 --cursor ${page.next}`)).toMatchObject({ acts: [{ act: 'cancel', job: id }] })
  expect(await json('audit --queue mails --from 1h')).toMatchObject({ acts: [{ queue: 'mails' }] })
  expect(await cli('audit --limit 0')).toMatchObject({ exit: 2 })
})
