/** The public test kit. */
export { SeededRandom } from './local/seeded-random.ts'
export { createTestRunner, type TestRunner, type TestRunnerOptions } from './local/test-runner.ts'
export { VirtualClock } from './local/virtual-clock.ts'
