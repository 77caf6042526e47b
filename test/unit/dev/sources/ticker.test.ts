import { EventEmitter, once } from 'node:events'
import type { ScheduledEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import type { Invocation } from '../../../../lib/dev/lambda/protocol.ts'
import { scheduledEvent, startTicker } from '../../../../lib/dev/sources/ticker.ts'

const done: Invocation = { kind: 'returned', payload: undefined }

describe('the ticker', () => {
  it('sends what EventBridge sends', () => {
    expect(scheduledEvent(Date.UTC(2026, 10, 22, 3, 45, 23, 999), 'us-east-1')).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      time: '2026-11-22T03:45:23Z',
      region: 'us-east-1',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/lamplighter-tick'],
      detail: {},
    })
  })

  it('waits before the first call when it is asked to, and makes none when it is stopped meanwhile', async () => {
    const calledAt: number[] = []
    const invoke = async (): Promise<Invocation> => {
      calledAt.push(Date.now())
      return done
    }
    const startedAt = Date.now()
    const ticker = startTicker({ everyMs: 3_600_000, firstAfterMs: 100, region: 'us-east-1', invoke })
    await expect.poll(() => calledAt).toHaveLength(1)
    expect((calledAt[0] ?? 0) - startedAt).toBeGreaterThanOrEqual(95)
    await ticker.stop()
    await startTicker({ everyMs: 1, firstAfterMs: 60_000, region: 'us-east-1', invoke }).stop()
    expect(calledAt).toHaveLength(1)
  })

  it('calls at once and then again and again, never twice at a time', async () => {
    const events: ScheduledEvent[] = []
    const calls = new EventEmitter()
    const fourth = once(calls, 'fourth')
    let running = 0
    let most = 0
    const ticker = startTicker({
      everyMs: 10,
      region: 'us-east-1',
      async invoke(event) {
        running += 1
        most = Math.max(most, running)
        events.push(event)
        // Longer than the period.
        await new Promise(resolve => setTimeout(resolve, 25))
        running -= 1
        if (events.length === 4) calls.emit('fourth')
        return done
      },
    })
    expect(events).toHaveLength(1)
    await fourth
    await ticker.stop()
    expect(most).toBe(1)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  })

  it('stops while it waits, and lets a sweep that runs finish', async () => {
    const waiting = startTicker({ everyMs: 3_600_000, region: 'us-east-1', invoke: async () => done })
    await waiting.stop()

    let finish: (invocation: Invocation) => void = () => undefined
    let isStopped = false
    const running = startTicker({
      everyMs: 10,
      region: 'us-east-1',
      invoke: () =>
        new Promise(resolve => {
          finish = resolve
        }),
    })
    const stopping = running.stop().then(() => {
      isStopped = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(isStopped).toBe(false)
    finish(done)
    await stopping
  })
})
