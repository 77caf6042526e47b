import { describe, expect, it } from 'vitest'
import { cliKit, idle, mail } from '../api-kit.ts'

describe('a waiting job', () => {
  it('is run, rescheduled, cancelled and retried', async () => {
    const { test, cli, json } = cliKit()
    const { id } = await test.enqueue(mail, { to: 'a' }, { delay: '2h' })
    expect(await cli(`jobs reschedule ${id} --delay 3h`)).toMatchObject({ exit: 0, stdout: `  ${id} is SCHEDULED.\n` })
    expect(await test.get(id)).toMatchObject({ scheduledAt: '2027-01-01T03:00:00.000Z' })
    await cli(`jobs reschedule ${id} --at 2027-01-01T04:00:00Z`)
    expect(await test.get(id)).toMatchObject({ scheduledAt: '2027-01-01T04:00:00.000Z' })
    expect(await cli(`jobs cancel ${id}`)).toMatchObject({ exit: 0, stdout: `  ${id} is CANCELLED.\n` })
    expect(await json(`jobs retry ${id} --delay 1h`, ['--input', '{"to":"b"}'])).toEqual({ id, state: 'SCHEDULED' })
    expect(await test.get(id)).toMatchObject({ generation: 2, input: { to: 'b' } })
    expect((await cli(`jobs run ${id}`)).stdout).toMatch(/ is (?:AVAILABLE|RESERVED)\.\n$/)
    await test.advance('1m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'sent' })
  })

  it('is deleted after a yes, and never without one where nobody can be asked', async () => {
    const { test, cli } = cliKit()
    const { id } = await test.enqueue(idle, {}, { delay: '2h' })
    await test.advance('6m')
    const nobody = await cli(`jobs delete ${id}`)
    expect([nobody.exit, nobody.stderr]).toEqual([2, expect.stringContaining('--yes is absent; allowed: --yes')])
    const asked: string[] = []
    const answers = (answer: string) => (question: string) => {
      asked.push(question)
      return answer
    }
    expect(await cli(`jobs delete ${id}`, [], { answers: answers('n') })).toMatchObject({
      exit: 1,
      stdout: '  Nothing was deleted.\n',
    })
    expect(await test.get(id)).toBeDefined()
    expect(await cli(`jobs delete ${id}`, [], { answers: answers('y') })).toMatchObject({
      exit: 0,
      stdout: `  ${id} is deleted.\n`,
    })
    expect(await test.get(id)).toBeUndefined()
    expect(asked[0]).toBe(`Delete idle ${id}, which is SCHEDULED? [y/N] `)
  })
})

describe('what is to follow a job', () => {
  it('is cancelled with it where that is asked for, and begins otherwise', async () => {
    const { test, cli, json } = cliKit(() => {
      throw new Error('busy')
    })
    const unique = { key: 'k', onConflict: 'again' } as const
    const { id } = await test.enqueue(mail, { to: 'a' }, { unique })
    await test.advance('10s')
    await test.enqueue(mail, { to: 'b' }, { unique, delay: '1h' })
    await cli(`jobs cancel ${id}`)
    await test.advance('1s')
    expect(await test.get(id)).toMatchObject({ generation: 2, state: 'SCHEDULED' })
    await cli(`jobs run ${id}`)
    await test.advance('10s')
    await test.enqueue(mail, { to: 'c' }, { unique })
    expect(await json(`jobs cancel ${id} --also-next`)).toEqual({ id, outcome: 'cancelled' })
    await test.advance('1m')
    expect(await test.get(id)).toMatchObject({ generation: 2, state: 'CANCELLED' })
  })

  it('is asked for of one job alone', async () => {
    const { cli } = cliKit()
    const { exit, stderr } = await cli('jobs cancel --queue mails --also-next --yes')
    expect([exit, stderr]).toEqual([2, expect.stringContaining('--also-next')])
  })
})

describe('an act that the state does not allow', () => {
  it('exits with 1, and says what is possible instead', async () => {
    const { test, cli } = cliKit()
    const { id } = await test.enqueue(mail, { to: 'a' })
    await test.advance('1m')
    const { exit, stdout, stderr } = await cli(`jobs run ${id}`)
    expect([exit, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^Error \(conflict\): .*; possible: retry, delete\n$/)
    expect(JSON.parse((await cli(`jobs run ${id} --json`)).stderr)).toMatchObject({
      code: 'conflict',
      state: 'COMPLETED',
      possible: ['retry', 'delete'],
    })
  })

  it.each([
    ['reschedule ID', '--delay is absent; allowed: one of --delay and --at'],
    ['reschedule ID --delay 1h --at 2027-02-01T00:00:00Z', 'allowed: one of --delay and --at'],
    ['reschedule ID --delay soon', "delay is 'soon'"],
    ['retry ID --input {', "--input is '{'; allowed: JSON"],
  ])('%s is wrong use', async (words, text) => {
    const { test, cli } = cliKit()
    const { id } = await test.enqueue(idle, {}, { delay: '2h' })
    const { exit, stderr } = await cli(`jobs ${words.replace('ID', id)}`)
    expect([exit, stderr.includes(text)]).toEqual([2, true])
  })

  it('a new input that the schema refuses changes nothing', async () => {
    const { test, cli } = cliKit()
    const { id } = await test.enqueue(mail, { to: 'a' })
    await test.advance('1m')
    const { exit, stderr } = await cli(`jobs retry ${id}`, ['--input', '{"to":4}'])
    expect([exit, stderr]).toEqual([2, expect.stringContaining('Error (input_refused)')])
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', generation: 1 })
  })
})
