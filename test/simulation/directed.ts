/** Plans that give a rare course of events its chance. */

import { batches, batchesCalm } from './batches.ts'
import { withExtras } from './extras.ts'
import { families } from './families.ts'
import { cancelledFlows, lateBookings, longFlows, redeployedFlows } from './flow-themes.ts'
import { gates, gatesAlone, photoFinish, queueGates, queueGatesAlone, uniqueGates } from './gate-themes.ts'
import { type ActPlan, type EnqueuePlan, type Plan, planFor } from './plan.ts'
import { queueRates, queueRatesCalm, ratesCalm, ratesInChaos } from './rate-themes.ts'
import { outage, punctual, redeployed } from './schedule-themes.ts'
import {
  bank,
  crossingBeats,
  failures,
  halted,
  late,
  moving,
  nextDoor,
  poison,
  strangers,
  uniques,
  waiters,
} from './themes.ts'
import { windowThemeOf } from './window-themes.ts'
import { workflows } from './workflows.ts'

/** Clients that stand still between a put and its repeat, while operators delete what was put. */
export const frozenPuts = (plan: Plan): Plan => ({
  ...plan,
  profile: 'directed',
  rates: { frozen: 0.5, storeExecutedThenFailed: 0.5 },
  acts: plan.enqueues.flatMap(({ atMs, requests }) =>
    requests.map(({ n }) => ({ atMs: atMs + 310_000, act: 'delete' as const, which: 0, n, delayMs: 0 })),
  ),
})

/** Puts that the SDK repeats, and operators who delete at once. */
export const deletedAtOnce = (plan: Plan): Plan => ({
  ...plan,
  profile: 'directed',
  rates: { storeExecutedThenRefused: 0.5 },
  acts: plan.enqueues.flatMap(({ atMs }, index) =>
    [100, 1_000, 4_000].map(laterMs => ({ atMs: atMs + laterMs, act: 'delete' as const, which: index, delayMs: 0 })),
  ),
})

/** Ticks by two, in front of a slow store, over jobs whose workers and messages are gone. */
export const slowTicks = (plan: Plan): Plan => ({
  ...plan,
  profile: 'directed',
  rates: { killed: 0.4, sendLost: 0.3, tickDoubled: 1, storeSlow: 0.6 },
  acts: [],
})

/** Edits in the console and foreign items, in front of a store that throttles half of all writes. */
export const throttledEdits = (plan: Plan): Plan => ({
  ...plan,
  profile: 'directed',
  rates: { storeThrottled: 0.5 },
  acts: Array.from({ length: 12 }, (_, index): ActPlan => {
    const act = index % 3 === 0 ? 'foreign' : 'edit'
    return { act, atMs: 30_000 + (index * plan.chaosMs) / 13, which: index, delayMs: 0 }
  }),
})

/** Ids from a key that are deleted and made again, while messages of their former life are still under way. */
function reborn(plan: Plan): Plan {
  const [first] = plan.enqueues
  const requests = (first?.requests ?? []).map(({ n }) => ({ n, delayMs: 0, key: `k${n}` }))
  const lives = [10_000, 340_000, 670_000]
  const enqueues = lives.map((atMs): EnqueuePlan => ({ atMs, requests }))
  const acts = lives.flatMap(atMs =>
    requests.flatMap(({ n }): ActPlan[] => {
      const act = { which: 0, n, delayMs: 0 }
      return [
        { ...act, act: 'requeue', atMs: atMs + 20_000 },
        { ...act, act: 'edit', atMs: atMs + 40_000 },
        { ...act, act: 'runNow', atMs: atMs + 60_000 },
        { ...act, act: 'delete', atMs: atMs + 320_000 },
      ]
    }),
  )
  const rates = { sendDoubled: 0.6, sendDelayed: 0.6, redelivered: 0.3 }
  return { ...plan, profile: 'directed', chaosMs: 1_200_000, rates, enqueues, acts }
}

/** Jobs in their last attempt, cut off from their run by an edit in the console. */
const cutOff = (plan: Plan): Plan => ({
  ...plan,
  profile: 'directed',
  rates: { killed: 0.1 },
  types: plan.types.map(type => ({ ...type, maxAttempts: 1 })),
  jobs: plan.jobs.map(job => ({ ...job, script: [{ kind: 'honour' as const }] })),
  acts: plan.enqueues.flatMap(({ atMs, requests }) =>
    requests.flatMap(({ n, delayMs }): ActPlan[] => {
      const act = { which: 0, n, delayMs: 0 }
      return [
        { ...act, act: 'edit', atMs: atMs + delayMs + 900 },
        { ...act, act: n % 2 === 0 ? 'runNow' : 'reschedule', atMs: atMs + delayMs + 3_000 },
      ]
    }),
  ),
})

/** Jobs that are cancelled while nobody may be left to notice: their workers and messages die, the index is behind. */
const abandoned = (plan: Plan): Plan => ({
  ...plan,
  profile: 'directed',
  rates: { killed: 0.5, sendLost: 0.5, redelivered: 0.3, indexStale: 0.7 },
  jobs: plan.jobs.map(job => ({ ...job, script: [{ kind: 'honour' as const }] })),
  acts: plan.enqueues.flatMap(({ atMs, requests }) =>
    requests.flatMap(({ n, delayMs }): ActPlan[] => {
      const act = { which: 0, n, delayMs: 0 }
      return [
        { ...act, act: n % 2 === 0 ? 'runNow' : 'edit', atMs: atMs + delayMs + 100 },
        { ...act, act: 'cancel', atMs: atMs + delayMs + 900 * (n + 1) },
      ]
    }),
  ),
})

const directed: Readonly<Record<number, (plan: Plan) => Plan>> = {
  1: poison,
  2: bank,
  3: slowTicks,
  4: plan => (Math.floor(plan.seed / 25) % 2 === 1 ? queueGates : gates)(plan),
  5: waiters,
  7: reborn,
  12: failures,
  9: crossingBeats,
  11: frozenPuts,
  13: cutOff,
  10: ratesInChaos,
  14: gatesAlone,
  15: strangers,
  17: deletedAtOnce,
  16: halted,
  18: late,
  6: uniques,
  19: abandoned,
  20: moving,
  21: throttledEdits,
  22: nextDoor,
  23: families,
  24: redeployed,
  8: plan => workflowsOf(Math.floor(plan.seed / 25))(plan),
}

/** What a seed runs: a plan of chance, or a directed one. */
export function worldOf(seed: number): Plan {
  const plan = planFor(seed)
  return directed[seed % 25]?.(plan) ?? withExtras(plan)
}

/** A world of transfers. */
export const bankPlanFor = (seed: number): Plan => bank(planFor(seed))

/** A world of workflows: each of the themes in turn. */
export const workflowPlanFor = (seed: number): Plan => workflowsOf(seed)(planFor(seed))
const flowThemes = [workflows, redeployedFlows, longFlows, workflows, lateBookings, redeployedFlows, longFlows]
const workflowsOf = (seed: number) => [...flowThemes, cancelledFlows][seed % 8] ?? workflows

/** A world of families, or of batches. */
export const familyPlanFor = (seed: number): Plan => (batchesOf[seed % 10] ?? families)(planFor(seed))
const batchesOf: Readonly<Record<number, (plan: Plan) => Plan>> = { 4: batches, 9: batchesCalm }

/** A world of failures that other jobs follow. */
export const failurePlanFor = (seed: number): Plan => failures(planFor(seed))

/** A world of limits: by key or of a whole queue, with all that can go wrong, or in calm without a sweeper; also with unique keys; or of rates. */
export const gatePlanFor = (seed: number): Plan =>
  (queueRatesOf[seed % 50] ?? gatesOf[seed % 10] ?? gates)(planFor(seed))
const queueRatesOf: Readonly<Record<number, (plan: Plan) => Plan>> = {
  11: queueRates,
  21: queueRatesCalm,
  31: queueRates,
}
const gatesOf: Readonly<Record<number, (plan: Plan) => Plan>> = {
  0: gatesAlone,
  2: ratesInChaos,
  3: ratesCalm,
  4: uniqueGates,
  5: photoFinish,
  6: queueGates,
  7: ratesInChaos,
  8: uniqueGates,
  9: queueGatesAlone,
}

/** A world of queues with a window. */
export const windowPlanFor = (seed: number): Plan => windowThemeOf(seed)(planFor(seed))

/** A world of schedules: each of the three themes in turn. */
export const schedulePlanFor = (seed: number): Plan =>
  ([punctual, outage, redeployed][seed % 3] ?? redeployed)(planFor(seed))
