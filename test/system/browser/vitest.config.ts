import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Where a machine-readable report goes, besides the one on the screen. */
const reportPath = process.env['LAMPLIGHTER_TEST_REPORT'] ?? ''

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    include: ['test/system/browser/**/*.test.ts'],
    pool: 'forks',
    // Each file has a stack and a browser of its own, and waits most of the time.
    maxWorkers: 2,
    testTimeout: 60_000,
    // A machine that does much else answers late.
    expect: { poll: { timeout: 10_000 } },
    // A browser starts in it.
    hookTimeout: 60_000,
    reporters: reportPath === '' ? ['default'] : ['default', ['json', { outputFile: reportPath }]],
  },
})
