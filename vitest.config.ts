import { configDefaults, defineConfig } from 'vitest/config'

/** Where a machine-readable report goes, besides the one on the screen. The lanes of .ci/run count from it. */
const reportPath = process.env['LAMPLIGHTER_TEST_REPORT'] ?? ''

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/scratch.ts'],
    // DynamoDB Local needs Java, MiniStack Python, the smoke test an account, the package a build, the pages a browser, the site its packages.
    exclude: [
      ...configDefaults.exclude,
      'test/system/browser/**',
      'test/system/docs/**',
      'test/system/engines/**',
      'test/system/deploy/**',
      'test/system/package/**',
      'test/system/smoke/**',
    ],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
    // Processes, not threads: tests kill, freeze and fork. Two, so that real clocks keep their time on two cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: reportPath === '' ? ['default'] : ['default', ['json', { outputFile: reportPath }]],
  },
})
