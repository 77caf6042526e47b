import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Where a machine-readable report goes, besides the one on the screen. */
const reportPath = process.env['LAMPLIGHTER_TEST_REPORT'] ?? ''
const folder = 'test/system/package'
/** These measure times and memory: each has the machine to itself, after all others. */
const measured = [`${folder}/dev.test.ts`, `${folder}/start.test.ts`]
const each = { pool: 'forks', testTimeout: 180_000 } as const
// The compiler runs in it.
const hookTimeout = 120_000

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    globalSetup: [`${folder}/pack-once.ts`],
    reporters: reportPath === '' ? ['default'] : ['default', ['json', { outputFile: reportPath }]],
    projects: [
      {
        test: {
          ...each,
          name: 'beside',
          hookTimeout,
          include: [`${folder}/**/*.test.ts`],
          exclude: measured,
          // One of them stands at a breakpoint for three minutes.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: { ...each, name: 'alone', hookTimeout, include: measured, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
