import { describe, expect, it } from 'vitest'
import { renderInsert, renderTransition } from '../../../../lib/aws/dynamodb/render.ts'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import { cancelIfOwner } from '../../../../lib/core/transitions/cancel.ts'
import { equal } from '../../../../lib/core/transitions/clause.ts'
import { deleteIfIdle } from '../../../../lib/core/transitions/delete.ts'
import { newJob } from '../../../../lib/core/transitions/enqueue.ts'
import { completeIfOwner, snoozeIfOwner } from '../../../../lib/core/transitions/finish.ts'
import { startIfDispatched } from '../../../../lib/core/transitions/start.ts'
import type { Transition } from '../../../../lib/core/transitions/transition.ts'
import { minute, now, sample, second } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'
import { rt } from '../../../contract/conformance/transition-case.ts'
import { transitionCases } from '../../../contract/conformance/transition-cases.ts'

const policy = defaultPolicy
const start = { now, owner: 'me', policy }
const running = read({ ...sample('IN_PROGRESS', { owner: 'me' }), id: 'a' })

describe('renderTransition', () => {
  it('writes a start as one statement, its parameters in the order of the text', () => {
    expect(renderTransition('jobs', 'a', startIfDispatched(3, start, true))).toEqual({
      kind: 'statement',
      statement: {
        Statement:
          'UPDATE "jobs" SET "state" = ?, "owner" = ?, "leaseUntil" = ?, "startedAt" = ?, ' +
          '"attempt" = attempt + ?, "attemptsLeft" = attemptsLeft + ? REMOVE "dispatches" ' +
          'WHERE "id" = ? AND "fence" = ? AND "state" IN (?, ?, ?) AND "scheduledAt" <= ? AND "attemptsLeft" >= ? ' +
          'AND "gate" IS MISSING AND "parked" IS MISSING ' +
          'AND "lookAt" >= ? AND "lookAt" <= ? RETURNING ALL NEW *',
        Parameters: [
          { S: 'IN_PROGRESS' },
          { S: 'me' },
          { S: '2026-11-22T10:01:09.000Z' },
          { S: '2026-11-22T10:00:00.000Z' },
          { N: '1' },
          { N: '-1' },
          { S: 'a' },
          { N: '3' },
          { S: 'RESERVED' },
          { S: 'SCHEDULED' },
          { S: 'RETRY' },
          { S: '2026-11-22T10:00:01.000Z' },
          { N: '1' },
          { S: '2026-11-22T10:01:09.000Z' },
          { S: '2026-11-22T10:03:18.000Z' },
        ],
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    })
  })

  it('writes absence as MISSING', () => {
    const again = { dueAt: now + 30 * second, via: 'kept' } as const
    const rendered = renderTransition('jobs', 'a', snoozeIfOwner({ job: running, owner: 'me', now, policy }, again))
    expect(rendered.kind === 'statement' && rendered.statement.Statement).toContain(
      'WHERE "id" = ? AND "owner" = ? AND "state" = ? AND "cancelRequestedAt" IS MISSING AND "snoozes" IS MISSING',
    )
  })

  it('writes what removes more than one attribute as an update that makes no item', () => {
    const transition: Transition = {
      name: 'cleanUpIfOwner',
      row: 'T0',
      guard: [
        { attribute: 'owner', op: '=', value: 'me' },
        { attribute: 'leaseUntil', op: '<', value: now },
        { attribute: 'fence', op: '>', value: 3 },
        { attribute: 'state', op: 'in', values: ['RETRY', 'FAILED'] },
        { attribute: 'cancelRequestedAt', op: 'present' },
        { attribute: 'ttl', op: 'absent' },
      ],
      set: { state: 'RETRY', lookAt: now },
      add: { attempt: 1 },
      remove: ['lane', 'owner'],
    }
    expect(renderTransition('jobs', 'a', transition)).toEqual({
      kind: 'update',
      input: {
        TableName: 'jobs',
        Key: { id: { S: 'a' } },
        UpdateExpression: 'SET #state = :v0, #lookAt = :v1, #attempt = #attempt + :v2 REMOVE #lane, #owner',
        ConditionExpression:
          'attribute_exists(#id) AND #owner = :v3 AND #leaseUntil < :v4 AND #fence > :v5 AND #state IN (:v6, :v7) ' +
          'AND attribute_exists(#cancelRequestedAt) AND attribute_not_exists(#ttl)',
        ExpressionAttributeNames: {
          '#id': 'id',
          '#state': 'state',
          '#lookAt': 'lookAt',
          '#attempt': 'attempt',
          '#lane': 'lane',
          '#owner': 'owner',
          '#leaseUntil': 'leaseUntil',
          '#fence': 'fence',
          '#cancelRequestedAt': 'cancelRequestedAt',
          '#ttl': 'ttl',
        },
        ExpressionAttributeValues: {
          ':v0': { S: 'RETRY' },
          ':v1': { S: '2026-11-22T10:00:00.000Z' },
          ':v2': { N: '1' },
          ':v3': { S: 'me' },
          ':v4': { S: '2026-11-22T10:00:00.000Z' },
          ':v5': { N: '3' },
          ':v6': { S: 'RETRY' },
          ':v7': { S: 'FAILED' },
        },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    })
  })

  it('writes a deletion that asks for the item', () => {
    expect(renderTransition('jobs', 'a', deleteIfIdle(now))).toMatchObject({
      kind: 'delete',
      input: { ReturnValues: 'ALL_OLD', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
    })
  })

  it('writes presence as NOT MISSING, and the whole of a deletion’s condition', () => {
    const cancelled = renderTransition('jobs', 'a', cancelIfOwner(running, 'me', now, policy))
    expect(cancelled.kind === 'statement' && cancelled.statement.Statement).toContain(
      'WHERE "id" = ? AND "owner" = ? AND "state" = ? AND "cancelRequestedAt" IS NOT MISSING AND "next" IS MISSING RETURNING',
    )
    const deletes: Transition = { name: 'deleteIfAny', row: 'T17', guard: [], set: {}, remove: [], deletes: true }
    expect(renderTransition('jobs', 'a', { ...deletes, guard: [equal('state', 'FAILED')] })).toEqual({
      kind: 'delete',
      input: {
        TableName: 'jobs',
        Key: { id: { S: 'a' } },
        ConditionExpression: 'attribute_exists(#id) AND #state = :v0',
        ExpressionAttributeNames: { '#id': 'id', '#state': 'state' },
        ExpressionAttributeValues: { ':v0': { S: 'FAILED' } },
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    })
    // DynamoDB refuses an empty map of values.
    const { kind, ...rendered } = renderTransition('jobs', 'a', deletes)
    expect(kind).toBe('delete')
    expect('input' in rendered && rendered.input).not.toHaveProperty('ExpressionAttributeValues')
  })

  it('writes a change that sets nothing without SET', () => {
    const bare: Transition = { name: 'clearIfAny', row: 'T20', guard: [], set: {}, remove: ['lane'] }
    expect(renderTransition('jobs', 'a', bare)).toMatchObject({
      statement: { Statement: 'UPDATE "jobs" REMOVE "lane" WHERE "id" = ? RETURNING ALL NEW *' },
    })
    expect(renderTransition('jobs', 'a', { ...bare, remove: ['lane', 'owner'] })).toMatchObject({
      input: { UpdateExpression: 'REMOVE #lane, #owner', ConditionExpression: 'attribute_exists(#id)' },
    })
  })

  it('takes no table name or id for a part of the text', () => {
    const id = 'a" OR "id" <> \'b'
    const rendered = renderTransition(
      'jobs',
      id,
      completeIfOwner({ job: running, owner: 'me', now, policy }, `'; DELETE`),
    )
    const statement = rendered.kind === 'statement' ? rendered.statement : undefined
    expect(statement?.Statement).not.toContain('OR')
    expect(statement?.Statement).not.toContain('DELETE')
    expect(statement?.Parameters).toContainEqual({ S: id })
  })

  it('refuses an instant that is not a number', () => {
    const transition = startIfDispatched(3, { ...start, now: Number.NaN }, false)
    expect(() => renderTransition('jobs', 'a', transition)).toThrow(RangeError)
  })

  it('renders all but the rare transitions of operators so that 25 of them share a call', () => {
    const kinds = new Map(
      transitionCases.map(({ name, item, transition }) => [
        name,
        renderTransition('jobs', 'a', transition(read({ ...item, id: 'a' }))).kind,
      ]),
    )
    const alone = [...kinds].flatMap(([name, kind]) => (kind === 'statement' ? [] : [`${name}: ${kind}`]))
    expect(alone.toSorted()).toEqual([
      'adoptIfAvailable: update',
      'adoptIfStray: update',
      'beginNextIfEnded: update',
      'deleteIfIdle: delete',
      'fireAgainIfTakenBack: update',
      'fireAgainIfWaiting: update',
      'renewIfEnded: update',
      'replaceIfWaiting: update',
      'requeueIfEnded: update',
      'rescheduleIfWaiting: update',
    ])
  })

  it('keeps every statement within DynamoDB’s 8,192 characters', () => {
    for (const { item, transition } of transitionCases) {
      const rendered = renderTransition('t'.repeat(255), 'a', transition(read({ ...item, id: 'a' })))
      const text = rendered.kind === 'statement' ? (rendered.statement.Statement ?? '') : ''
      expect(text.length).toBeLessThanOrEqual(8_192)
    }
  })
})

it('renderInsert writes every attribute of a new job as a parameter', () => {
  const given = { id: 'a', type: 't', queue: 'q', input: '{}', dueAt: now + 60 * minute, maxAttempts: 5 }
  expect(renderInsert('jobs', newJob(given, now, rt, policy, 1))).toEqual({
    kind: 'statement',
    statement: {
      Statement:
        `INSERT INTO "jobs" VALUE {'id': ?, 'type': ?, 'queue': ?, 'state': ?, 'input': ?, 'attempt': ?, ` +
        `'attemptsLeft': ?, 'scheduledAt': ?, 'insertedAt': ?, 'fence': ?, 'request': ?, 'shard': ?, ` +
        `'life': ?, 'lane': ?, 'lookAt': ?}`,
      Parameters: [
        { S: 'a' },
        { S: 't' },
        { S: 'q' },
        { S: 'SCHEDULED' },
        { S: '{}' },
        { N: '0' },
        { N: '5' },
        { S: '2026-11-22T11:00:00.000Z' },
        { S: '2026-11-22T10:00:00.000Z' },
        { N: '0' },
        { S: rt },
        { N: '0' },
        { S: rt.slice(0, 6) },
        { S: 'q#live#0' },
        { S: '2026-11-22T10:58:30.000Z' },
      ],
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  })
})
