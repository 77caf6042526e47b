import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Where a machine-readable report goes, besides the one on the screen. */
const reportPath = process.env['LAMPLIGHTER_TEST_REPORT'] ?? ''

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    include: ['test/system/package/**/*.test.ts'],
    globalSetup: ['test/system/package/pack-once.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    // The compiler runs in it.
    hookTimeout: 120_000,
    reporters: reportPath === '' ? ['default'] : ['default', ['json', { outputFile: reportPath }]],
  },
})
