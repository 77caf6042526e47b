/** A debugger that stands still in a handler of `npx lamplighter dev`, in the packed package. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../lib/dev/loopback.ts'
import { attach } from '../../support/inspector.ts'
import { enqueueAt } from '../../support/local-stack.ts'
import { type CornerShop, cornerShop } from './corner-shop.ts'
import { hasRegistry } from './foreign.ts'
import { type Packed, pack } from './pack.ts'
import { handlersThat, jobsWith, receipt, sendAt, untilCompleted } from './receipts.ts'

const breakpointMs = 180_000

describe.skipIf(!(await hasRegistry()))('npx lamplighter dev --inspect', () => {
  const packed: Packed[] = []
  let shop: CornerShop

  beforeAll(async () => {
    packed.push(await pack(), await pack('packages/engines'))
    shop = cornerShop()
    await shop.install(...packed.map(({ tarball }) => tarball))
  }, 300_000)

  afterAll(async () => {
    await shop.remove()
    for (const one of packed) one.remove()
  })

  it('three minutes at a breakpoint make one run', { timeout: 400_000 }, async () => {
    expect(await standAtBreakpoint(shop)).toEqual({
      job: { state: 'COMPLETED', attempt: 1, result: 'let go' },
      runs: 1,
    })
  })
})

/** The lease of a job that may take a second is ten; its message comes back soon after. Each second a tick looks. */
async function standAtBreakpoint(shop: CornerShop): Promise<unknown> {
  const port = await freePort()
  shop.write('src/jobs.ts', jobsWith("timeout: '1s'"))
  shop.write('src/handlers.ts', handlersThat("const here = 'held here'\n  return here.replace('held here', 'let go')"))
  const program = shop.dev({ args: ['--inspect', String(port), '--tick', '1s'] })
  const url = await program.url()
  // The debugger's process starts with its first event.
  await sendAt(url)
  const session = await attach(port)
  await session.breakAt('held here')
  const id = await enqueueAt(url, 'send-receipt', receipt)
  await session.paused
  await delay(breakpointMs)
  await session.resume()
  const { state, attempt, result } = await untilCompleted(url, id)
  session.close()
  // Whatever else was on its way would have come by now.
  await delay(3_000)
  const starts = program.lines.filter(line => line.includes(id.slice(-6)) && line.includes('IN_PROGRESS'))
  return { job: { state, attempt, result }, runs: starts.length }
}
