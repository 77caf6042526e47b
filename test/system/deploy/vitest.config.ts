import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Where a machine-readable report goes, besides the one on the screen. */
const reportPath = process.env['LAMPLIGHTER_TEST_REPORT'] ?? ''

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    include: ['test/system/deploy/**/*.test.ts'],
    globalSetup: 'test/system/deploy/bootstrap.ts',
    pool: 'forks',
    // Stacks of one account, side by side: each of them mostly waits for ticks.
    maxWorkers: 2,
    // A tick comes each minute; a deployment takes half of one, or more on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: reportPath === '' ? ['verbose'] : ['verbose', ['json', { outputFile: reportPath }]],
  },
})
