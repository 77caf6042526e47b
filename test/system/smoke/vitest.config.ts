import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    include: ['test/system/smoke/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    // Another continent, and an index that needs a while.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
