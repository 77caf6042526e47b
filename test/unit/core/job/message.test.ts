import { expect, it } from 'vitest'
import { idInNewerMessage, messageOf, parseMessage } from '../../../../lib/core/job/message.ts'

const good = { v: 1, id: 'a', fence: 0, type: 't', at: 5 }

it('a message names its job, and nothing of what the job is about', () => {
  const job = { id: 'a', fence: 0, type: 't', input: 'private' }
  expect(messageOf(job, 5)).toStrictEqual(good)
})

it('a message is read back without what somebody added to it', () => {
  expect(parseMessage(JSON.stringify({ ...good, input: 'x' }))).toStrictEqual(good)
  expect(parseMessage(JSON.stringify({ ...good, at: 0.5 }))).toStrictEqual({ ...good, at: 0.5 })
})

it.each([
  { v: 2 },
  { v: '1' },
  { id: '' },
  { id: 5 },
  { fence: '0' },
  { fence: 0.5 },
  { fence: null },
  { type: 5 },
  { at: '5' },
  { at: null },
])('a message with %o is none of ours', change => {
  expect(parseMessage(JSON.stringify({ ...good, ...change }))).toBeUndefined()
})

it('a message of a job with a gate names it: another format, which a release without gates leaves alone', () => {
  const gated = { v: 2, id: good.id, fence: good.fence, type: good.type, at: good.at, gate: 'sync/a' }
  expect(messageOf({ ...good, gate: 'sync/a' }, good.at)).toStrictEqual(gated)
  expect(parseMessage(JSON.stringify(gated))).toStrictEqual(gated)
  const promised = { ...gated, promised: true }
  expect(messageOf({ ...good, gate: 'sync/a' }, good.at, true)).toStrictEqual(promised)
  expect(parseMessage(JSON.stringify(promised))).toStrictEqual(promised)
  expect(messageOf(good, good.at, true)).toStrictEqual({ ...good })
  for (const gate of [undefined, '', 5]) expect(parseMessage(JSON.stringify({ ...gated, gate }))).toBeUndefined()
})

it('a message of a job whose gate has a rate is of a third format, and says the slot that it has', () => {
  const told = { v: 3, id: good.id, fence: 2, type: good.type, at: good.at, gate: 'sync/a' }
  const job = { ...good, fence: 2, gate: 'sync/a', pass: 0, scheduledAt: 9 }
  expect(messageOf(job, good.at)).toStrictEqual(told)
  expect(messageOf({ ...job, pass: 1 }, good.at)).toStrictEqual(told)
  const booked = { ...told, promised: true, slot: 9 }
  expect(messageOf({ ...job, pass: 2 }, good.at, true)).toStrictEqual(booked)
  expect(parseMessage(JSON.stringify(booked))).toStrictEqual(booked)
  expect(parseMessage(JSON.stringify({ ...booked, slot: '9' }))).toStrictEqual({ ...told, promised: true })
  expect(parseMessage(JSON.stringify({ ...booked, v: 2 }))).toStrictEqual({ ...told, v: 2, promised: true })
  for (const gate of [undefined, '', 5]) expect(parseMessage(JSON.stringify({ ...told, gate }))).toBeUndefined()
})

it.each(['null', '5', '"text"', 'no json', '{"v":1,"id":"a","fence":0,"type":"t","at":1e999}'])(
  '%s is none of ours',
  body => {
    expect(parseMessage(body)).toBeUndefined()
  },
)

it.each([
  ['of the next format', { v: 2, id: 'a' }, 'a'],
  ['of a far later one, with whatever it holds', { v: 9, id: 'a', fence: 'x', more: [1] }, 'a'],
  ['of this format', { v: 1, id: 'a', fence: 0, type: 't', at: 5 }, undefined],
  ['of no format', { id: 'a' }, undefined],
  ['of a format that is no number', { v: '2', id: 'a' }, undefined],
  ['without an id', { v: 2 }, undefined],
  ['with an empty id', { v: 2, id: '' }, undefined],
])('the id in a message %s: %o', (_, body, expected) => {
  expect(idInNewerMessage(JSON.stringify(body))).toBe(expected)
})

it.each(['', 'nonsense', 'null', '[]', '2'])('%j is no message of a newer release', body => {
  expect(idInNewerMessage(body)).toBeUndefined()
})
