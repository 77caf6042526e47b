import { describe, expect, it } from 'vitest'
import { kitOf, minute, type Options } from '../support/schedules.ts'

/** Each minute, with a handler that takes the given time. */
function overlapping(overlap: Options['overlap'], runMs: number) {
  const spans: { from: number; to: number; id: string }[] = []
  const kit = kitOf(
    { slow: { every: '1m', input: {}, ...(overlap === undefined ? {} : { overlap }) } },
    {},
    async ctx => {
      const span = { from: kit.test.clock.now(), to: Number.POSITIVE_INFINITY, id: ctx.job.id }
      spans.push(span)
      await kit.test.clock.sleep(runMs, ctx.signal)
      span.to = kit.test.clock.now()
      if (ctx.signal.aborted) throw ctx.signal.reason
    },
    { timeout: '10m', maxAttempts: 1 },
  )
  const atOnce = () =>
    Math.max(...spans.map(({ from }) => spans.filter(other => other.from <= from && other.to > from).length))
  const states = () => Map.groupBy(kit.test.store.all(), ({ state, code }) => `${state}${code ?? ''}`)
  return { ...kit, spans, atOnce, states }
}

describe('an occurrence that comes while the one before runs', () => {
  it('runs beside it by default', async () => {
    const { test, atOnce, states } = overlapping(undefined, 2.5 * minute)
    await test.advance('10m')
    expect(atOnce()).toBe(3)
    expect(states().has('CANCELLEDoverlap')).toBe(false)
  })

  it('skip: does not run, and is no failure; the next one looks at the one that runs', async () => {
    const { test, atOnce, states, spans, told } = overlapping('skip', 2.5 * minute)
    await test.advance('10m')
    expect(atOnce()).toBe(1)
    // At minutes 1, 4, 7 and 10: two are skipped each time.
    expect(spans).toHaveLength(4)
    expect(states().get('CANCELLEDoverlap')?.length).toBe(6)
    expect(told('job_failed')).toEqual([])
  })

  it('queueOne: waits for its end, and a third is skipped', async () => {
    const { test, atOnce, states, spans } = overlapping('queueOne', 2.5 * minute)
    await test.advance('12m')
    expect(atOnce()).toBe(1)
    expect(states().get('CANCELLEDoverlap')?.length).toBeGreaterThanOrEqual(4)
    // One waits, so that the next run follows within the longest wait.
    for (const [index, { from }] of spans.slice(1).entries()) {
      expect(from - (spans[index]?.to ?? 0)).toBeLessThanOrEqual(minute + 1_100)
    }
    expect(spans.length).toBeGreaterThanOrEqual(4)
  })

  it('cancelPrevious: takes its place', async () => {
    const { test, atOnce, spans, states } = overlapping('cancelPrevious', 2.5 * minute)
    await test.advance('5m')
    expect(atOnce()).toBe(1)
    expect(spans.length).toBeGreaterThanOrEqual(4)
    expect(states().get('CANCELLED')?.length).toBeGreaterThanOrEqual(3)
  })

  it.each(['skip', 'queueOne', 'cancelPrevious'] as const)(
    '%s: runs at its time when that has ended',
    async overlap => {
      const { test, spans, occurrences } = overlapping(overlap, 10_000)
      await test.advance('10m')
      expect(spans).toHaveLength(10)
      for (const [index, { from }] of spans.entries())
        expect(from - (occurrences()[index] ?? 0)).toBeLessThanOrEqual(1_100)
    },
  )
})
