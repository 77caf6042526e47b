import { expect } from 'vitest'
import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import { completeJob, type Job } from '../../../lib/core/job/job.ts'
import { deleteIfThere } from '../../../lib/core/records/change.ts'
import type { StoredRecord } from '../../../lib/core/records/record.ts'
import { deleteIfIdle } from '../../../lib/core/transitions/delete.ts'
import { completeIfOwner } from '../../../lib/core/transitions/finish.ts'
import { requeueIfEnded } from '../../../lib/core/transitions/requeue.ts'
import type { TransactAction } from '../../../lib/ports/record-store.ts'
import { changeOf, given, keyOf, type RecordCase, recordOf, stored } from './record-case.ts'
import type { RecordHarness } from './record-harness.ts'
import { homeFor, now, sample } from './sample.ts'
import { newId } from './store-case.ts'

let tokens = 0
const newToken = (): string => {
  tokens += 1
  return `token-${tokens}`
}

const owner = 'owner-1'
const running = (): Job => completeJob({ ...sample('IN_PROGRESS', { owner }), id: newId() }, now) as Job

const credit = ({ id, part }: StoredRecord, from: number): TransactAction => ({
  kind: 'update',
  key: { id, part },
  change: changeOf([{ op: 'add', attribute: 'n', amount: 10 }], [{ attribute: 'n', op: '=', value: from }]),
})

const complete = (job: Job, by = owner): TransactAction => ({
  kind: 'changeJob',
  id: job.id,
  transition: completeIfOwner({ job, owner: by, now, policy: defaultPolicy }, '"done"'),
})

async function stateOf({ jobs }: RecordHarness, id: string): Promise<string | undefined> {
  return (await jobs.get([id]))[0]?.state
}

async function commits(harness: RecordHarness): Promise<void> {
  const { records, jobs } = harness
  const [job, next] = [running(), running()]
  await jobs.insert([job])
  const [account, spent, cell] = [await given(harness, { n: 1 }), await given(harness), recordOf({ value: '1' })]
  const actions: readonly TransactAction[] = [
    complete(job),
    { kind: 'insertJob', job: next },
    { kind: 'put', record: cell },
    credit(account, 1),
    { kind: 'update', key: keyOf(spent), change: deleteIfThere },
  ]
  expect(await records.transact(actions, newToken())).toStrictEqual({ kind: 'done' })
  expect([await stateOf(harness, job.id), await stateOf(harness, next.id)]).toEqual(['COMPLETED', 'IN_PROGRESS'])
  expect([await stored(harness, cell), await stored(harness, account), await stored(harness, spent)]).toStrictEqual([
    { value: '1' },
    { n: 11 },
    undefined,
  ])
}

/** Each action in turn is the one that refuses: nothing of the others is written, and it hands back what is stored. */
async function refused(harness: RecordHarness): Promise<void> {
  const { records, jobs } = harness
  const [job, taken] = [running(), running()]
  await jobs.insert([job, taken])
  const [account, cell] = [await given(harness, { n: 1 }), await given(harness, { value: 'first' })]
  const absent = recordOf()
  const cases: readonly (readonly [TransactAction, object])[] = [
    [
      { kind: 'put', record: { ...cell, attributes: {} } },
      { kind: 'refusedByRecord', record: cell },
    ],
    [credit(cell, 1), { kind: 'refusedByRecord', record: cell }],
    [credit(absent, 1), { kind: 'refusedByRecord', record: undefined }],
    [
      { kind: 'insertJob', job: taken },
      { kind: 'refusedByJob', job: taken },
    ],
    [complete(taken, 'another'), { kind: 'refusedByJob', job: taken }],
    [complete(running()), { kind: 'refusedByJob', job: undefined }],
    [
      { kind: 'changeJob', id: taken.id, transition: deleteIfIdle(now) },
      { kind: 'refusedByJob', job: taken },
    ],
  ]
  for (const [action, reason] of cases) {
    const outcome = await records.transact([complete(job), action, credit(account, 1)], newToken())
    expect(outcome).toStrictEqual({ kind: 'refused', reasons: [{ kind: 'fine' }, reason, { kind: 'fine' }] })
  }
  expect([await stateOf(harness, job.id), await stored(harness, account)]).toStrictEqual(['IN_PROGRESS', { n: 1 }])
}

async function repeated(harness: RecordHarness): Promise<void> {
  const { records } = harness
  const [account, other] = [await given(harness, { n: 1 }), await given(harness, { n: 1 })]
  const token = newToken()
  for (let time = 0; time < 3; time += 1) {
    // The second time its guard no longer holds: the token says that it was carried out.
    expect(await records.transact([credit(account, 1)], token)).toStrictEqual({ kind: 'done' })
  }
  expect(await stored(harness, account)).toStrictEqual({ n: 11 })
  expect(await records.transact([credit(account, 1)], newToken())).toMatchObject({ kind: 'refused' })
  expect(await records.transact([credit(other, 1)], token)).toMatchObject({
    kind: 'failed',
    error: { code: 'unwritable', message: expect.stringContaining('token') },
  })
  expect(await stored(harness, other)).toStrictEqual({ n: 1 })
}

/** After a refusal the same token may be used for the same actions: nothing was written under it. */
async function repeatedAfterRefusal(harness: RecordHarness): Promise<void> {
  const account = await given(harness, { n: 0 })
  const token = newToken()
  const actions = [credit(account, 1)]
  expect(await harness.records.transact(actions, token)).toMatchObject({ kind: 'refused' })
  await harness.records.update([{ key: keyOf(account), change: changeOf([{ op: 'add', attribute: 'n', amount: 1 }]) }])
  expect(await harness.records.transact(actions, token)).toStrictEqual({ kind: 'done' })
  expect(await stored(harness, account)).toStrictEqual({ n: 11 })
}

async function wrong(harness: RecordHarness): Promise<void> {
  const { records } = harness
  const account = await given(harness, { n: 1, text: 'x' })
  const fine = () => ({ kind: 'put', record: recordOf() }) as const
  const calls: readonly (readonly [readonly TransactAction[], string])[] = [
    [[], newToken()],
    [Array.from({ length: 101 }, fine), newToken()],
    [[fine()], ''],
    [[fine()], 'x'.repeat(37)],
    [[credit(account, 1), credit(account, 1)], newToken()],
    [[credit(account, 1), { kind: 'put', record: recordOf({}, '') }], newToken()],
    [[credit(account, 1), { kind: 'put', record: recordOf({ n: Number.NaN }) }], newToken()],
    [
      [
        fine(),
        { kind: 'update', key: keyOf(account), change: changeOf([{ op: 'add', attribute: 'text', amount: 1 }]) },
      ],
      newToken(),
    ],
  ]
  for (const [actions, token] of calls) {
    const outcome = await records.transact(actions, token)
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: expect.stringMatching(/^(invalid_input|unwritable)$/) },
    })
  }
  expect(await stored(harness, account)).toStrictEqual({ n: 1, text: 'x' })
}

async function hundred(harness: RecordHarness): Promise<void> {
  const all = Array.from({ length: 100 }, (_, n) => recordOf({ n }))
  const actions = all.map(record => ({ kind: 'put', record }) as const)
  expect(await harness.records.transact(actions, newToken())).toStrictEqual({ kind: 'done' })
  expect(await harness.records.get(all.map(keyOf))).toStrictEqual(all)
}

/** Transitions that remove much, or the item: the other forms of writing. */
async function requeueAndDelete(harness: RecordHarness): Promise<void> {
  const { records, jobs } = harness
  const [failed, old] = [sample('FAILED'), sample('FAILED')].map(
    item => completeJob({ ...item, id: newId() }, now) as Job,
  ) as [Job, Job]
  await jobs.insert([failed, old])
  const replacing = { dueAt: now, now, request: 'request', policy: defaultPolicy, home: homeFor(failed) }
  const outcome = await records.transact(
    [
      { kind: 'changeJob', id: failed.id, transition: requeueIfEnded(failed, replacing) },
      { kind: 'changeJob', id: old.id, transition: deleteIfIdle(now) },
    ],
    newToken(),
  )
  expect(outcome).toStrictEqual({ kind: 'done' })
  expect([await stateOf(harness, failed.id), await stateOf(harness, old.id)]).toEqual(['RESERVED', undefined])
}

/** Twenty at once over the same two records: conflicts are waited out, and every one counts exactly once. */
async function crowd(harness: RecordHarness): Promise<void> {
  const [from, to] = [await given(harness, { n: 100 }), await given(harness, { n: 0 })]
  const move = (token: string) =>
    harness.records.transact(
      [
        { kind: 'update', key: keyOf(from), change: changeOf([{ op: 'add', attribute: 'n', amount: -1 }]) },
        { kind: 'update', key: keyOf(to), change: changeOf([{ op: 'add', attribute: 'n', amount: 1 }]) },
      ],
      token,
    )
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => move(newToken())))
  const done = outcomes.filter(({ kind }) => kind === 'done').length
  expect(await stored(harness, from)).toStrictEqual({ n: 100 - done })
  expect(await stored(harness, to)).toStrictEqual({ n: done })
  expect(done).toBeGreaterThan(0)
}

export const transactCases: readonly RecordCase[] = [
  { title: 'commits over jobs and records', run: commits },
  { title: 'is refused by one action, whichever it is', run: refused },
  { title: 'repeated with the same token', run: repeated },
  { title: 'repeated with the same token after a refusal', run: repeatedAfterRefusal },
  { title: 'fails when it is wrong in itself, and writes nothing', run: wrong },
  { title: '100 actions', run: hundred },
  { title: 'requeues and deletes jobs', run: requeueAndDelete },
  { title: 'many at once on the same records', run: crowd },
]
