/** What a case of the suite is, and what the cases have in common. */
import { expect } from 'vitest'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { completeJob, type Job, type RawJob } from '../../../lib/core/job/job.ts'
import { applyTransition, type Transition } from '../../../lib/core/transitions/transition.ts'
import type { ChangeOutcome } from '../../../lib/ports/job-store.ts'
import type { StoreHarness } from './harness.ts'
import { now, withoutUndefined } from './sample.ts'

export interface StoreCase {
  readonly title: string
  readonly run: (harness: StoreHarness) => Promise<void>
}

export interface CaseGroup {
  readonly title: string
  readonly cases: readonly StoreCase[]
}

let count = 0
/** An id that no other case uses. */
export function newId(): string {
  count += 1
  return `job-${count}`
}

/** The job that a stored item reads as. */
export function read(item: RawJob): Job {
  const job = completeJob(item, now)
  if (job === undefined) throw new Error(`a case has an item that cannot be read: ${JSON.stringify(item)}`)
  return job
}

export const put = (harness: StoreHarness, item: RawJob): Promise<void> => harness.put(toItem(item))

export async function applyOne(harness: StoreHarness, id: string, transition: Transition): Promise<ChangeOutcome> {
  const [outcome, ...rest] = await harness.store.apply([{ id, transition }])
  expect(rest).toEqual([])
  if (outcome === undefined) throw new Error('no answer')
  return outcome
}

export const after = (transition: Transition, item: RawJob): RawJob =>
  withoutUndefined(applyTransition(transition, item))

/** Puts the item, applies the transition and expects the item that it states, in the answer and in the store. */
export async function expectApplied(harness: StoreHarness, item: RawJob, transition: Transition): Promise<void> {
  const id = item.id as string
  await put(harness, item)
  const outcome = await applyOne(harness, id, transition)
  const left = transition.deletes === true ? undefined : after(transition, item)
  expect(outcome).toStrictEqual({ kind: 'applied', job: completeJob(left ?? item, now) })
  expect(await harness.peek(id)).toStrictEqual(left)
}

/** As `expectApplied`, for a caller that has seen the job and does not ask for the item. */
export async function expectAppliedToSeen(harness: StoreHarness, item: RawJob, transition: Transition): Promise<void> {
  const id = item.id as string
  await put(harness, item)
  const outcomes = await harness.store.apply([{ id, transition, seen: read(item) }])
  const left = transition.deletes === true ? undefined : after(transition, item)
  expect(outcomes).toStrictEqual([{ kind: 'applied', job: completeJob(left ?? item, now) }])
  expect(await harness.peek(id)).toStrictEqual(left)
}

/** Puts the item, applies the transition and expects that nothing was written and that the item came back. */
export async function expectRefused(harness: StoreHarness, item: RawJob, transition: Transition): Promise<void> {
  await put(harness, item)
  const outcome = await applyOne(harness, item.id as string, transition)
  expect(outcome).toStrictEqual({ kind: 'refused', job: completeJob(item, now) })
  expect(await harness.peek(item.id as string)).toStrictEqual(item)
}
