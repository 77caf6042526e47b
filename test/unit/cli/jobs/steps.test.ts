import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { RunContext } from '../../../../lib/core/definition/run-context.ts'
import { cliKit, mail } from '../api-kit.ts'

const approval = v.object({ by: v.string() })

async function approved(_input: unknown, ctx: RunContext): Promise<string> {
  // What is written in one millisecond stands by name.
  await ctx.step('a charge', async () => ({ receipt: 'r-1' }))
  const answer = await ctx.waitFor('approved', { timeout: '3d', schema: approval })
  if (answer !== undefined) await ctx.step('ship', async () => undefined)
  return answer?.by ?? 'nobody'
}

async function waiting() {
  const kit = cliKit(approved)
  const { id } = await kit.test.enqueue(mail, { to: 'a' })
  await kit.test.advance('1m')
  expect(await kit.test.get(id)).toMatchObject({ state: 'WAITING' })
  return { ...kit, id }
}

describe('a job with steps', () => {
  it('shows them, and what it waits for', async () => {
    const { id, cli, json } = await waiting()
    const shown = (await cli(`jobs show ${id}`)).stdout
    expect(shown).toMatch(/\n {2}STEP +KIND +WRITTEN +LEFT\n/)
    expect(shown).toMatch(/\n {2}a charge +step +2027-01-01T00:00:00Z +\{"receipt":"r-1"\}\n/)
    expect(shown).toMatch(/\n {2}approved +wait +2027-01-01T00:00:00Z +until 2027-01-04T00:00:00/)
    expect(shown.replace(/\s+/g, ' ')).toContain(
      "1. Its handler waits for the signal 'approved'. Until 2027-01-04T00:00:00.000Z, in 72 h.",
    )
    expect(await json(`jobs show ${id}`)).toMatchObject({
      steps: { steps: [{ name: 'a charge' }, { name: 'approved' }] },
    })
    expect((await cli(`jobs steps ${id}`)).stdout).toMatch(/^ {2}STEP +KIND +WRITTEN +LEFT\n {2}a charge /)
    expect(await json(`jobs steps ${id}`)).toMatchObject({
      id,
      generation: 1,
      steps: [
        { name: 'a charge', kind: 'step', value: { receipt: 'r-1' } },
        { name: 'approved', kind: 'wait', until: expect.stringMatching(/^2027-01-04T/) },
      ],
    })
  })

  it('says which step failed for good, and that no signal came in time', async () => {
    const { test, cli } = cliKit(async (_input, ctx) => {
      await ctx.step('charge', () => Promise.reject(new TypeError('no card')), { attempts: 1 }).catch(() => {})
      await ctx.waitFor('approved', { timeout: '1h' })
    })
    const { id } = await test.enqueue(mail, { to: 'a' })
    await test.advance('2h')
    const { stdout } = await cli(`jobs steps ${id}`)
    expect(stdout).toMatch(/\n {2}charge +step +\S+ +TypeError: no card\n/)
    expect(stdout).toMatch(/\n {2}approved +signal +\S+ +none came in time\n/)
  })

  it('says where a value is that is not shown, at 80 columns', async () => {
    const { test, cli } = cliKit(async (_input, ctx) => {
      await ctx.step('render', () => 'x'.repeat(400_000))
    })
    const { id } = await test.enqueue(mail, { to: 'a' })
    await test.advance('1m')
    const [key = ''] = test.payloads?.objects.keys() ?? []
    const { stdout } = await cli(`jobs steps ${id}`)
    expect(stdout).toMatch(/\n {2}render +step +\S+ +391.KB in the bucket/)
    expect(stdout.replace(/\s+/g, '')).toContain(key)
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  })

  it('a job without any has no table of them', async () => {
    const { test, cli } = cliKit()
    const { id } = await test.enqueue(mail, { to: 'a' })
    await test.advance('1m')
    expect((await cli(`jobs show ${id}`)).stdout).not.toContain('STEP')
    expect((await cli(`jobs steps ${id}`)).stdout).toBe(`  ${id} has done no step yet.\n`)
  })
})

describe('a signal from the command line', () => {
  it('lets the job go on with its value; sent again, the first one stays', async () => {
    const { test, id, cli, json } = await waiting()
    const sent = await cli(`jobs signal ${id} approved`, ['{"by":"ann"}'])
    expect(sent).toMatchObject({ exit: 0, stdout: `  ${id} has the signal 'approved'.\n` })
    expect(await json(`jobs signal ${id} approved`, ['{"by":"bob"}'])).toEqual({ id, outcome: 'already' })
    expect((await cli(`jobs signal ${id} approved`)).stdout).toContain('what came first stays.')
    await test.advance('1m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'ann' })
    // Nobody waits for the end of the wait any more, and the rest cost no attempt.
    const shown = (await cli(`jobs show ${id}`)).stdout
    expect(shown).toMatch(/\n {2}approved +wait +\S+ +until.2027-01-04T00:00:00Z\n/)
    expect(shown).toMatch(/\n {4}attempt +1 of 2\n {4}starts +2, of which 1 cost no attempt\n/)
  })

  it('is null without a value', async () => {
    const { test, cli } = cliKit(async (_input, ctx) => [await ctx.waitFor('paid', { timeout: '1d' })])
    const { id } = await test.enqueue(mail, { to: 'a' })
    await cli(`jobs signal ${id} paid`)
    await test.advance('1m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: [null] })
  })

  it('that is no JSON, or for a job that has ended or is not there, is refused and writes nothing', async () => {
    const { test, id, cli, json } = await waiting()
    const before = await json(`jobs steps ${id}`)
    const wrong = await cli(`jobs signal ${id} approved`, ['{by:ann}'])
    expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining("value is '{by:ann}'; allowed: JSON")])
    expect(await json(`jobs steps ${id}`)).toEqual(before)
    expect(await cli('jobs signal nobody approved')).toMatchObject({ exit: 3 })
    await test.advance('4d')
    const ended = await cli(`jobs signal ${id} other`)
    expect([ended.exit, ended.stderr]).toEqual([1, expect.stringContaining('Error (conflict)')])
  })
})
