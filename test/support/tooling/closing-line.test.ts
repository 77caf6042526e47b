import { describe, expect, it } from 'vitest'
import { faultsOf } from './check-lock.ts'
import { failures, tally } from './tally.ts'

const report = (counts: object): string =>
  JSON.stringify({
    success: true,
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    ...counts,
  })

describe('the closing line of .ci/run', () => {
  it('sums all reports', () => {
    const first = report({ numPassedTests: 3, numPendingTests: 1, numTodoTests: 1 })
    const second = report({ success: false, numPassedTests: 4, numFailedTests: 2 })
    expect(tally([first, second])).toEqual({ passed: 7, failed: 2, skipped: 2 })
  })

  it('counts a run that failed without a failed test: a file that does not load, an error between tests', () => {
    expect(tally([report({ success: false, numPassedTests: 3 })])).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  it('counts a lane that ended without a report as a failure', () => {
    expect(tally([undefined])).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('what failed, above the closing line', () => {
  const assertion = (fullName: string, status: string, failureMessages: readonly string[] = []) => ({
    fullName,
    status,
    failureMessages,
  })

  it('names each failed test with the first line of why, and no other', () => {
    const assertionResults = [
      assertion('a job ends', 'failed', ['AssertionError: expected 1 to be 2\n    at x.ts:1']),
      assertion('a job begins', 'passed'),
    ]
    const text = report({ testResults: [{ name: '/a.test.ts', status: 'failed', message: '', assertionResults }] })
    expect(failures([text, undefined])).toEqual(['/a.test.ts: a job ends: AssertionError: expected 1 to be 2'])
  })

  it('names a file that does not load', () => {
    const file = { name: '/b.test.ts', status: 'failed', message: 'SyntaxError: no\n  at b', assertionResults: [] }
    expect(failures([report({ testResults: [file] })])).toEqual(['/b.test.ts: SyntaxError: no'])
  })
})

describe('the lockfile check', () => {
  const lock = (packages: object): string => JSON.stringify({ packages })

  it('passes entries without an address', () => {
    expect(faultsOf(lock({ 'node_modules/ms': { version: '2.1.3' } }))).toEqual([])
  })

  it('finds an address', () => {
    const faults = faultsOf(lock({ 'node_modules/ms': { resolved: 'https://registry.invalid/ms.tgz' } }))
    expect(faults).toEqual(['node_modules/ms carries an address'])
  })

  it('finds a platform that has no entry', () => {
    const faults = faultsOf(lock({ '': { optionalDependencies: { '@dynoxide/linux-x64': '1.2.1' } } }))
    expect(faults).toEqual(['package.json wants @dynoxide/linux-x64, which has no entry'])
  })
})
