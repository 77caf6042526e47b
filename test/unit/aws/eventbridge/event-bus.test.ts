import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventBusFrom } from '../../../../lib/aws/eventbridge/connect-bus.ts'
import { EventBridgeEvents } from '../../../../lib/aws/eventbridge/event-bus.ts'
import type { JobEvent } from '../../../../lib/ports/events.ts'
import { systemClock } from '../../../../lib/system/clock.ts'

/** No embedded engine has an EventBridge: its answers are set here. */
const bridge = mockClient(EventBridgeClient)
const events = new EventBridgeEvents(new EventBridgeClient({ region: 'us-east-1' }), 'jobs', systemClock)
const base = { entity: 'job', eventId: 'e', at: 0, generation: 1, type: 't', queue: 'q', attempt: 1 } as const
const some = (count: number): JobEvent[] =>
  Array.from({ length: count }, (_, n) => ({ ...base, kind: 'completed', id: `j${n}` }))
const taken = (count: number) => ({ Entries: Array.from({ length: count }, (_, n) => ({ EventId: `e${n}` })) })
const sent = () => bridge.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries ?? [])

beforeEach(() => bridge.reset())

describe('events on a bus', () => {
  it('carry source, a detail type for each kind, and notify as JSON', async () => {
    bridge.on(PutEventsCommand).resolves(taken(2))
    const failed: JobEvent = {
      ...base,
      kind: 'failed',
      id: 'a',
      attempt: 3,
      notify: '{"order":7}',
      error: 'E: no',
    }
    expect(await events.publish([failed, { ...failed, kind: 'retry', notify: 'no json', retryInMs: 5 }])).toEqual([])
    const at = '1970-01-01T00:00:00.000Z'
    const detail = { eventId: 'e', at, generation: 1, id: 'a', type: 't', queue: 'q', attempt: 3, error: 'E: no' }
    expect(sent()[0]).toMatchObject([
      { EventBusName: 'jobs', Source: 'lamplighter', DetailType: 'Job Failed' },
      { DetailType: 'Job Retry Scheduled' },
    ])
    expect(sent()[0]?.map(({ Detail = '' }) => JSON.parse(Detail) as unknown)).toEqual([
      { ...detail, notify: { order: 7 } },
      { ...detail, notify: 'no json', retryInMs: 5 },
    ])
  })

  it('go out ten at a time', async () => {
    bridge.on(PutEventsCommand).callsFake(({ Entries }: { Entries: unknown[] }) => taken(Entries.length))
    expect(await events.publish(some(23))).toEqual([])
    expect(sent().map(entries => entries.length)).toEqual([10, 10, 3])
  })

  it('that are refused although the call succeeded are tried once more, and only they (F36)', async () => {
    bridge
      .on(PutEventsCommand)
      .resolvesOnce({ FailedEntryCount: 1, Entries: [{ EventId: 'e' }, { ErrorCode: 'ThrottlingException' }] })
      .resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] })
    expect(await events.publish(some(2))).toEqual(some(2).slice(1))
    expect(sent().map(entries => entries.length)).toEqual([2, 1])
  })

  it('whose call fails come back to the caller; nothing is thrown', async () => {
    bridge.on(PutEventsCommand).rejects(new Error('EventBridge is down'))
    expect(await events.publish(some(12))).toEqual(some(12))
  })

  it('of schedules carry what goes with their kind', async () => {
    bridge.on(PutEventsCommand).resolves(taken(1))
    const missed = { entity: 'schedule', eventId: 'm', at: 0, kind: 'missed', schedule: 'nightly' } as const
    await events.publish([{ ...missed, detail: { dropped: 3 } }])
    const [[entry] = []] = sent()
    expect(entry?.DetailType).toBe('Schedule Missed')
    const at = '1970-01-01T00:00:00.000Z'
    expect(JSON.parse(entry?.Detail ?? '')).toEqual({ eventId: 'm', at, schedule: 'nightly', dropped: 3 })
  })

  it('of queues say by whom, why and until when', async () => {
    bridge.on(PutEventsCommand).resolves(taken(2))
    const of = { entity: 'queue', eventId: 'q', at: 0, queue: 'mails' } as const
    await events.publish([
      { ...of, kind: 'paused', by: 'alice', why: 'SMTP is down', until: 3_600_000 },
      { ...of, kind: 'resumed' },
    ])
    const [[paused, resumed] = []] = sent()
    expect([paused?.DetailType, resumed?.DetailType]).toEqual(['Queue Paused', 'Queue Resumed'])
    const at = '1970-01-01T00:00:00.000Z'
    const detail = { eventId: 'q', at, queue: 'mails', by: 'alice', why: 'SMTP is down' }
    expect(JSON.parse(paused?.Detail ?? '')).toEqual({ ...detail, until: '1970-01-01T01:00:00.000Z' })
    expect(JSON.parse(resumed?.Detail ?? '')).toEqual({ eventId: 'q', at, queue: 'mails' })
  })
})

it('the environment names the bus, or there is none', async () => {
  bridge.on(PutEventsCommand).resolves(taken(1))
  expect(eventBusFrom({}, systemClock)).toBeUndefined()
  expect(eventBusFrom({ LAMPLIGHTER_EVENT_BUS: '' }, systemClock)).toBeUndefined()
  await eventBusFrom({ LAMPLIGHTER_EVENT_BUS: 'shop' }, systemClock)?.publish(some(1))
  expect(sent()[0]?.[0]?.EventBusName).toBe('shop')
})
