/** The public test kit. */
export { SeededRandom } from './testing/seeded-random.ts'
export { createTestRunner, type TestRunner, type TestRunnerOptions } from './testing/test-runner.ts'
export { VirtualClock } from './testing/virtual-clock.ts'
