/**
 * I8: a write that was carried out although its answer was lost ends where it would have ended. Each case makes one
 * write; the wire breaks at exactly that write, and the SDK, or the use case above it, asks again.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StartDynamo } from '../../support/engines.ts'
import { type Fault, lost } from '../../support/fault-proxy.ts'
import { type AmbiguousCase, ambiguousCases } from './ambiguous-cases.ts'
import { FaultKit } from './fault-kit.ts'
import { gateCases } from './gate-cases.ts'

const answered500: Fault = { kind: 'error', way: 'answer', code: 'InternalServerError' }

const cases = [...ambiguousCases, ...gateCases]

const wires: readonly (readonly [title: string, faults: readonly Fault[]])[] = [
  ['its answer lost', [lost('answer')]],
  ['carried out and answered with a 500', [answered500]],
  ['itself lost', [lost('request')]],
]

/** As many as the SDK makes: it gives up, and the use case is told that nobody knows. */
const unanswered = [lost('answer'), lost('answer'), lost('answer')]

/** @param startDynamo the engine to run on */
export function describeAmbiguousWrites(name: string, startDynamo: StartDynamo): void {
  describe(`ambiguous writes on ${name}`, () => {
    let kit: FaultKit
    beforeAll(async () => {
      kit = await FaultKit.start(startDynamo)
    })
    afterAll(() => kit.stop())
    beforeEach(() => kit.reset())

    const expectRecognised = async ({ operation, fits, run: act }: AmbiguousCase, faults: readonly Fault[]) => {
      const proxy = kit.engines.faults.dynamo
      await act(kit, () => proxy.breakNext(operation, fits, ...faults))
      expect(proxy.injected).toEqual(faults.map(({ kind, way }) => `${operation} ${kind} ${way}`))
      // Whatever was sent has been worked off: no second message waits anywhere.
      expect(await kit.messages()).toBe(0)
    }

    describe.each(wires)('%s', (_, faults) => {
      it.each(cases)('$row $title', one => expectRecognised(one, faults))
    })
    describe('every answer of the SDK lost: the use case asks again', () => {
      it.each(cases.filter(({ isAskedAgain }) => isAskedAgain))('$row $title', one => expectRecognised(one, unanswered))
    })
  })
}
