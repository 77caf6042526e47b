/**
 * Names the tests that failed, and sums vitest's JSON reports to the closing line of .ci/run,
 * `N passed, N failed, N skipped`. Whoever sees only the end of a log sees what failed.
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
  readonly testResults?: readonly {
    /** The path of the file. */
    readonly name: string
    readonly status: string
    /** Why the file did not load; empty if it did. */
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
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

/** A line for each test that failed and each file that did not load, with the first line of why. */
export function failures(reports: readonly (string | undefined)[]): readonly string[] {
  return reports
    .flatMap(text => (text === undefined ? [] : ((JSON.parse(text) as Report).testResults ?? [])))
    .flatMap(({ name, status, message, assertionResults }) => {
      const failed = assertionResults.filter(test => test.status === 'failed')
      if (failed.length === 0 && status === 'failed') return [`${name}: ${firstLine(message)}`]
      return failed.map(test => `${name}: ${test.fullName}: ${firstLine(test.failureMessages?.[0] ?? '')}`)
    })
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = process.argv.slice(2).map(path => (existsSync(path) ? readFileSync(path, 'utf8') : undefined))
  const { passed, failed, skipped } = tally(texts)
  for (const failure of failures(texts)) console.log(`failed: ${failure}`)
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
