import { expect, it } from 'vitest'
import { cliKit } from '../api-kit.ts'

it('lists the types of the code, and shows one', async () => {
  const { cli, json } = cliKit()
  expect((await cli('types')).stdout).toBe(`  TYPE       QUEUE    ATTEMPTS  TIMEOUT  INPUT
  idle       default  5         1m       not said
  send-mail  mails    2         1m       not said
`)
  const { stdout } = await cli('types send-mail')
  expect(stdout).toMatch(/^ {2}send-mail\n {4}queue +mails\n {4}attempts +2\n/)
  expect(stdout).toContain('kept      completed 7d, failed 30d')
  expect(await json('types send-mail')).toMatchObject({ type: 'send-mail', queue: 'mails', inputSchema: null })
  expect(await cli('types other')).toEqual({
    exit: 3,
    stdout: '',
    stderr: "Error (not_found): there is no job type 'other'\n",
  })
})
