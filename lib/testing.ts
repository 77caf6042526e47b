/** The public test kit. */

export type { TickReport } from './app/sweeper/tick.ts'
export type { WorkerDeps } from './ports/deps.ts'
export type { JobStore } from './ports/job-store.ts'
export { SeededRandom } from './testing/seeded-random.ts'
export {
  type Scenario,
  type SimulateOptions,
  SimulationFailed,
  type SimulationReport,
  simulate,
} from './testing/simulate.ts'
export { createTestRunner, type TestRunner, type TestRunnerOptions } from './testing/test-runner.ts'
export { VirtualClock } from './testing/virtual-clock.ts'
