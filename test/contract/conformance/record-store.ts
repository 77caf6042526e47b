/** What every RecordStore must do, on every engine. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { rateCases } from './rate-cases.ts'
import type { RecordCase } from './record-case.ts'
import { changeCases } from './record-change-cases.ts'
import type { RecordHarness } from './record-harness.ts'
import { readCases } from './record-read-cases.ts'
import { transactCases } from './record-transact-cases.ts'

const groups: readonly { readonly title: string; readonly cases: readonly RecordCase[] }[] = [
  { title: 'put and read', cases: readCases },
  { title: 'guarded changes', cases: changeCases },
  { title: 'slots of a gate', cases: rateCases },
  { title: 'transactions', cases: transactCases },
]
const count = groups.reduce((sum, { cases }) => sum + cases.length, 0)

const expectCase = (one: RecordCase, harness: RecordHarness): Promise<void> => one.run(harness)

/** Registers the suite. The harness is made once; each case uses ids of its own. */
export function describeRecordStore(name: string, makeHarness: () => Promise<RecordHarness>): void {
  describe(`RecordStore on ${name}, ${count} cases`, () => {
    let harness: RecordHarness
    beforeAll(async () => {
      harness = await makeHarness()
    })
    afterAll(() => harness.stop())
    describe.each(groups)('$title', ({ cases }) => {
      it.each(cases)('$title', one => expectCase(one, harness))
    })
  })
}
