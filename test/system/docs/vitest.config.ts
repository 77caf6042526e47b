import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Where a machine-readable report goes, besides the one on the screen. */
const reportPath = process.env['LAMPLIGHTER_TEST_REPORT'] ?? ''

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    include: ['test/system/docs/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    // The site is built in it.
    hookTimeout: 180_000,
    reporters: reportPath === '' ? ['default'] : ['default', ['json', { outputFile: reportPath }]],
  },
})
