import { parseArgs } from 'node:util'
import {
  bankCounts,
  crowdCounts,
  expectedCounts,
  failureCounts,
  familyCounts,
  gateCounts,
  scheduleCounts,
  windowCounts,
  workflowCounts,
} from './coverage.ts'
import { crowdPlanFor } from './crowd.ts'
import {
  bankPlanFor,
  failurePlanFor,
  familyPlanFor,
  gatePlanFor,
  schedulePlanFor,
  windowPlanFor,
  workflowPlanFor,
  worldOf,
} from './directed.ts'
import { regressions } from './regressions.ts'
import { reportChecks, reportCounts, reportOutcome } from './report.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'string' },
    profile: { type: 'string' },
  },
})
const first = Number(values.seed ?? 1)
const seeds = Number(values.seeds ?? (values.seed === undefined ? 2_000 : 1))
/** With `--trace TEXT`: every line that holds the text. */
const { trace } = values
const show = trace === undefined ? undefined : (line: string) => line.includes(trace) && console.log(line)
/** With `--profile crowd`: large worlds, instead of the usual ones. With `--profile bank`: handlers that commit; `schedules`; `gates`: limits; `windows`: back-pressure; `workflows`: steps, rests, signals; `failures`: `onFailed`; `families`: jobs that wait for others. */
const profiles = {
  usual: worldOf,
  crowd: crowdPlanFor,
  bank: bankPlanFor,
  schedules: schedulePlanFor,
  gates: gatePlanFor,
  windows: windowPlanFor,
  workflows: workflowPlanFor,
  failures: failurePlanFor,
  families: familyPlanFor,
} as const
const { profile = 'usual' } = values
if (!Object.hasOwn(profiles, profile))
  throw new Error(
    `profile is '${profile}'; allowed: crowd, bank, schedules, gates, windows, workflows, failures, families`,
  )
const planOf = profiles[profile as keyof typeof profiles]
const countsOf: Readonly<Record<keyof typeof profiles, readonly string[]>> = {
  usual: expectedCounts,
  crowd: crowdCounts,
  bank: bankCounts,
  schedules: scheduleCounts,
  gates: gateCounts,
  windows: windowCounts,
  workflows: workflowCounts,
  failures: failureCounts,
  families: familyCounts,
}
const kind = profile as keyof typeof profiles
const counts = new Map<string, number>()
const began = performance.now()
let violations = 0
let events = 0
for (const plan of [
  ...(kind === 'usual' ? regressions() : []),
  ...Array.from({ length: seeds }, (_, index) => first + index),
]) {
  const outcome = await simulate(typeof plan === 'number' ? planOf(plan) : plan, counts, {}, show)
  events += outcome.events
  violations += outcome.violations.length
  if (outcome.violations.length > 0) reportOutcome(outcome)
}
const seconds = (performance.now() - began) / 1_000
reportChecks()
// Too few seeds to meet everything: the counts are shown only.
const missing = reportCounts(counts, countsOf[kind], seeds >= (kind === 'usual' ? 2_000 : kind === 'crowd' ? 40 : 200))
console.log(`${events} events in ${seconds.toFixed(1)} s, ${((seconds * 1_000) / seeds).toFixed(1)} ms a seed`)
console.log(`${seeds} seeds, ${violations + missing} violations`)
process.exitCode = violations + missing > 0 ? 1 : 0
