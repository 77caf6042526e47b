import { expect } from 'vitest'
import type { Message } from '../../../lib/core/job/message.ts'
import type { Outgoing } from '../../../lib/ports/job-queue.ts'
import type { QueueHarness } from './harness.ts'

export interface QueueCase {
  readonly title: string
  readonly run: (harness: QueueHarness, queue: string) => Promise<void>
}

const longMs = 60_000
/** Between two whole seconds: a wait that was rounded down would be over. */
const halfMs = 1_500
const twoMs = 2_100

const messageFor = (n: number): Message => ({ v: 1, id: `job-${n}`, fence: n, type: 'sample', at: 1_795_341_600_123 })
const outgoing = (n: number, delayMs = 0): Outgoing => ({
  message: messageFor(n),
  tenant: undefined,
  delayMs,
})
const sent = { kind: 'sent' } as const
const failed = { kind: 'failed', error: expect.any(Error) as Error } as const

/** Ids of the messages that are visible now. */
async function visible(harness: QueueHarness, queue: string): Promise<readonly string[]> {
  const received = await harness.receive(queue, longMs)
  return received.map(({ body }) => (JSON.parse(body) as Message).id)
}

async function receiveOne(harness: QueueHarness, queue: string, visibilityMs: number) {
  const [message, ...rest] = await harness.receive(queue, visibilityMs)
  expect(rest).toEqual([])
  if (message === undefined) throw new Error('no message is visible')
  return message
}

async function oneMessage(harness: QueueHarness, queue: string): Promise<void> {
  expect(await harness.queue.send(queue, [outgoing(1)])).toStrictEqual([sent])
  const message = await receiveOne(harness, queue, longMs)
  expect(JSON.parse(message.body)).toStrictEqual(messageFor(1))
  expect(message.receives).toBe(1)
}

async function manyMessages(harness: QueueHarness, queue: string): Promise<void> {
  const numbers = Array.from({ length: 25 }, (_, n) => n)
  const outcomes = await harness.queue.send(
    queue,
    numbers.map(n => outgoing(n)),
  )
  expect(outcomes).toStrictEqual(numbers.map(() => sent))
  const found: string[] = []
  for (let call = 0; call < 10 && found.length < 25; call += 1) found.push(...(await visible(harness, queue)))
  expect(found.toSorted()).toEqual(numbers.map(n => `job-${n}`).toSorted())
}

/** 1,100 ms is two seconds for SQS, which counts whole ones: a message must never come early. */
async function delayRoundedUp(harness: QueueHarness, queue: string): Promise<void> {
  expect(await harness.queue.send(queue, [outgoing(1, 1_100), outgoing(2)])).toStrictEqual([sent, sent])
  expect(await visible(harness, queue)).toEqual(['job-2'])
  await harness.pass(halfMs)
  expect(await visible(harness, queue)).toEqual([])
  await harness.pass(twoMs - halfMs)
  expect(await visible(harness, queue)).toEqual(['job-1'])
}

async function delaysOutOfRange(harness: QueueHarness, queue: string): Promise<void> {
  const delays = [0, -1, 900_001, Number.NaN, 900_000]
  const outcomes = await harness.queue.send(
    queue,
    delays.map((delayMs, n) => outgoing(n, delayMs)),
  )
  expect(outcomes).toStrictEqual([sent, failed, failed, failed, sent])
  expect(await visible(harness, queue)).toEqual(['job-0'])
}

async function visibleAtOnce(harness: QueueHarness, queue: string): Promise<void> {
  await harness.queue.send(queue, [outgoing(1)])
  const { receipt } = await receiveOne(harness, queue, longMs)
  expect(await visible(harness, queue)).toEqual([])
  expect(await harness.queue.setVisibility(queue, [{ receipt, visibleInMs: 0 }])).toStrictEqual([sent])
  const again = await receiveOne(harness, queue, longMs)
  expect(again.receives).toBe(2)
}

async function visibilityRoundedUp(harness: QueueHarness, queue: string): Promise<void> {
  await harness.queue.send(queue, [outgoing(1)])
  const { receipt } = await receiveOne(harness, queue, longMs)
  expect(await harness.queue.setVisibility(queue, [{ receipt, visibleInMs: 1_100 }])).toStrictEqual([sent])
  await harness.pass(halfMs)
  expect(await visible(harness, queue)).toEqual([])
  await harness.pass(twoMs - halfMs)
  expect(await visible(harness, queue)).toEqual(['job-1'])
}

async function visibilityExtended(harness: QueueHarness, queue: string): Promise<void> {
  await harness.queue.send(queue, [outgoing(1)])
  const { receipt } = await receiveOne(harness, queue, 1_000)
  expect(await harness.queue.setVisibility(queue, [{ receipt, visibleInMs: 13 * 3_600_000 }])).toStrictEqual([sent])
  await harness.pass(halfMs)
  expect(await visible(harness, queue)).toEqual([])
}

async function visibilityEnds(harness: QueueHarness, queue: string): Promise<void> {
  await harness.queue.send(queue, [outgoing(1)])
  const first = await receiveOne(harness, queue, 1_000)
  await harness.pass(halfMs)
  const second = await receiveOne(harness, queue, longMs)
  expect([first.receives, second.receives]).toEqual([1, 2])
}

/** More than one batch, one receipt of which is nobody's. */
async function badReceipt(harness: QueueHarness, queue: string): Promise<void> {
  const numbers = Array.from({ length: 12 }, (_, n) => n)
  await harness.queue.send(
    queue,
    numbers.map(n => outgoing(n)),
  )
  const held = [...(await harness.receive(queue, longMs)), ...(await harness.receive(queue, longMs))]
  expect(held.length).toBe(12)
  const receipts = held.map(({ receipt }, n) => (n === 3 ? 'nobody-has-this' : receipt))
  const outcomes = await harness.queue.setVisibility(
    queue,
    receipts.map(receipt => ({ receipt, visibleInMs: 0 })),
  )
  expect(outcomes).toStrictEqual(receipts.map((_, n) => (n === 3 ? failed : sent)))
  const back = [...(await visible(harness, queue)), ...(await visible(harness, queue))]
  expect(back.length).toBe(11)
}

async function queuesApart(harness: QueueHarness, queue: string): Promise<void> {
  const other = await harness.newQueue()
  await harness.queue.send(queue, [outgoing(1)])
  expect(await visible(harness, other)).toEqual([])
  expect(await visible(harness, queue)).toEqual(['job-1'])
}

/** What SQS takes as a MessageGroupId, what it would refuse, and both of them delayed. */
async function tenants(harness: QueueHarness, queue: string): Promise<void> {
  const of = (n: number, tenant: string, delayMs = 0): Outgoing => ({ message: messageFor(n), tenant, delayMs })
  const messages = [of(1, 'a42'), of(2, 'Müller & Söhne'), of(3, 'b'.repeat(1_000)), of(4, ''), of(5, 'a42', 1_000)]
  expect(await harness.queue.send(queue, [...messages, outgoing(6)])).toStrictEqual([...messages, 6].map(() => sent))
  const found = await visible(harness, queue)
  expect(found.toSorted()).toEqual(['job-1', 'job-2', 'job-3', 'job-4', 'job-6'])
  await harness.pass(twoMs)
  expect(await visible(harness, queue)).toEqual(['job-5'])
}

async function nothing(harness: QueueHarness, queue: string): Promise<void> {
  expect(await harness.queue.send(queue, [])).toEqual([])
  expect(await harness.queue.setVisibility(queue, [])).toEqual([])
}

/** Visible, in somebody's hands, delayed. */
async function depths(harness: QueueHarness, queue: string): Promise<void> {
  expect(await harness.queue.depth(queue)).toStrictEqual({ visible: 0, inFlight: 0, delayed: 0 })
  await harness.queue.send(queue, [outgoing(1)])
  await receiveOne(harness, queue, longMs)
  await harness.queue.send(queue, [outgoing(2), outgoing(3), outgoing(4, longMs)])
  expect(await harness.queue.depth(queue)).toStrictEqual({ visible: 2, inFlight: 1, delayed: 1 })
}

export const queueCases: readonly QueueCase[] = [
  { title: 'a message arrives as it was sent', run: oneMessage },
  { title: '25 messages in one call arrive, each once', run: manyMessages },
  { title: 'a delay is rounded up to whole seconds', run: delayRoundedUp },
  { title: 'a delay out of range fails alone', run: delaysOutOfRange },
  { title: 'a message made visible comes again at once', run: visibleAtOnce },
  { title: 'a visibility is rounded up to whole seconds', run: visibilityRoundedUp },
  { title: 'a visibility of more than 12 h is cut, and lasts beyond the first', run: visibilityExtended },
  { title: 'a message comes again when its visibility ends', run: visibilityEnds },
  { title: 'a receipt that is nobody’s fails alone', run: badReceipt },
  { title: 'a message is in its own queue only', run: queuesApart },
  { title: 'messages of tenants arrive, whatever their names, and delayed ones in time', run: tenants },
  { title: 'nothing to send, nothing to hide', run: nothing },
  { title: 'the depth: visible, in hand, delayed', run: depths },
]
