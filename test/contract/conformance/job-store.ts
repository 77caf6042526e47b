/**
 * What every JobStore must do, on every engine: `describeJobStore('memory', makeHarness)` registers the cases with
 * vitest. They are data (transition-cases, guard-cases, store-cases), so that their number is known and printed.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completeJob, isTerminal, type Job, type RawJob } from '../../../lib/core/job/job.ts'
import { isOwnOutcome, isOwnReplacement, isOwnRequest, isOwnRun } from '../../../lib/core/transitions/own-write.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import { brokenItems, edgeItems } from './guard-cases.ts'
import type { StoreHarness } from './harness.ts'
import { now } from './sample.ts'
import {
  applyOne,
  type CaseGroup,
  expectApplied,
  expectAppliedToSeen,
  expectRefused,
  newId,
  put,
  read,
  type StoreCase,
} from './store-case.ts'
import { storeCases } from './store-cases.ts'
import { owner, type Repeat, rt, type TransitionCase } from './transition-case.ts'
import { transitionCases } from './transition-cases.ts'

const recognisers: { readonly [R in Repeat]: ((job: Job | undefined) => boolean) | undefined } = {
  held: job => isOwnRun(job, owner),
  outcome: job => isOwnOutcome(job, owner),
  placed: job => isOwnRequest(job, rt),
  replaced: job => isOwnReplacement(job, rt) && isOwnRequest(job, 'rt-before'),
  ended: job => job !== undefined && isTerminal(job.state),
  moved: job => job !== undefined,
  gone: job => job === undefined,
  again: undefined,
}

/** The write was carried out and its answer lost: the SDK writes once more. */
async function expectRepeat(harness: StoreHarness, item: RawJob, transition: Transition, repeat: Repeat) {
  const id = item.id as string
  await put(harness, item)
  await applyOne(harness, id, transition)
  const once = await harness.peek(id)
  const second = await applyOne(harness, id, transition)
  const isMine = recognisers[repeat]
  if (isMine === undefined) {
    expect(second).toStrictEqual({ kind: 'applied', job: completeJob(once ?? {}, now) })
  } else {
    expect(second).toStrictEqual({ kind: 'refused', job: once === undefined ? undefined : completeJob(once, now) })
    expect(isMine(second.kind === 'refused' ? second.job : undefined)).toBe(true)
  }
  expect(await harness.peek(id)).toStrictEqual(once)
}

async function expectNothingMade(harness: StoreHarness, id: string, transition: Transition): Promise<void> {
  expect(await applyOne(harness, id, transition)).toStrictEqual({ kind: 'refused', job: undefined })
  expect(await harness.peek(id)).toBeUndefined()
}

function casesOf({ item: raw, transition: make, repeat }: TransitionCase): readonly StoreCase[] {
  const fitting = () => ({ ...raw, id: newId() })
  // Made from the item as it was read; what is stored by then may have changed.
  const transition = make(read({ ...raw, id: 'any' }))
  const { guard } = transition
  return [
    { title: 'is accepted', run: harness => expectApplied(harness, fitting(), transition) },
    {
      title: 'is accepted, and answered with the job as it was seen',
      run: harness => expectAppliedToSeen(harness, fitting(), transition),
    },
    { title: `repeated: ${repeat}`, run: harness => expectRepeat(harness, fitting(), transition, repeat) },
    { title: 'makes no item', run: harness => expectNothingMade(harness, newId(), transition) },
    ...brokenItems(guard, raw).map(({ title, item }) => ({
      title: `is refused by ${title}`,
      run: (harness: StoreHarness) => expectRefused(harness, { ...item, id: newId() }, transition),
    })),
    ...edgeItems(guard, raw).map(({ title, item }) => ({
      title: `is accepted at the edge of ${title}`,
      run: (harness: StoreHarness) => expectApplied(harness, { ...item, id: newId() }, transition),
    })),
  ]
}

const groups = (): readonly CaseGroup[] => [
  ...transitionCases.map(one => ({ title: `${one.name} from ${one.from}`, cases: casesOf(one) })),
  ...storeCases,
]

const expectCase = (one: StoreCase, harness: StoreHarness): Promise<void> => one.run(harness)

/** How many cases a store has to pass. */
const countStoreCases = (): number => groups().reduce((sum, group) => sum + group.cases.length, 0)

/** Registers the suite. The harness is made once; each case uses ids of its own. */
export function describeJobStore(name: string, makeHarness: () => Promise<StoreHarness>): void {
  describe(`JobStore on ${name}, ${countStoreCases()} cases`, () => {
    let harness: StoreHarness
    beforeAll(async () => {
      harness = await makeHarness()
    })
    afterAll(() => harness.stop())
    describe.each(groups())('$title', ({ cases }) => {
      it.each(cases)('$title', one => expectCase(one, harness))
    })
  })
}
