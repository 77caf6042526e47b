/**
 * Sums vitest's JSON reports to the closing line of .ci/run, `N passed, N failed, N skipped`.
 * `node test/support/tooling/tally.ts report.json …`; exits 1 if a test failed, a report is missing or no test ran.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** @param reports the text of each report; undefined where the lane ended without writing one */
export function tally(reports: readonly (string | undefined)[]): Tally {
  return reports.map(countOf).reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  )
}

function countOf(text: string | undefined): Tally {
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(text) as Report
  return {
    passed: report.numPassedTests,
    // A file that does not load and an error outside of any test fail the run, yet vitest counts no test for them.
    failed: report.numFailedTests === 0 && !report.success ? 1 : report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = process.argv.slice(2).map(path => (existsSync(path) ? readFileSync(path, 'utf8') : undefined))
  const { passed, failed, skipped } = tally(texts)
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
