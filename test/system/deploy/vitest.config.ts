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
    // One deployment at a time: there are two cores, and one account.
    maxWorkers: 1,
    // A tick comes each minute.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: reportPath === '' ? ['verbose'] : ['verbose', ['json', { outputFile: reportPath }]],
  },
})
