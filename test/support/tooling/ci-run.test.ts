/** .ci/run itself, in a folder where `npm` is a stand-in that does to each lane what the test wants. */
import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lamplighter-ci-'))
const report = (passed: number, failed: number, skipped: number): string =>
  JSON.stringify({
    success: failed === 0,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
  })

beforeAll(() => {
  for (const path of ['.ci/run', 'test/support/tooling/tally.ts']) cpSync(join(root, path), join(folder, path))
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(process.execPath, join(folder, 'node_modules/.bin/node'))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** @param lanes last word of the lane's command → shell code; a lane that is not named passes */
async function ciRun(lanes: Readonly<Record<string, string>>): Promise<{ code: number; lines: readonly string[] }> {
  const passes = {
    test: `echo '${report(3, 0, 1)}' > "$LAMPLIGHTER_TEST_REPORT"`,
    'test:engines': 'echo x: SKIPPED: no Java',
    'test:browser': 'echo x: SKIPPED: no Chromium',
    'docs:check': 'echo x: SKIPPED: no packages',
    'package:check': 'echo x: SKIPPED: no compiler',
    'test:deploy': 'echo x: SKIPPED: no Python',
    'cfn-lint': 'echo x: SKIPPED: no Python',
  }
  const cases = Object.entries({ ...passes, ...lanes }).map(([name, code]) => `${name}) ${code} ;;`)
  const npm = join(folder, 'node_modules/.bin/npm')
  writeFileSync(npm, `#!/bin/sh\ncase "\${2:-$1}" in\n${cases.join('\n')}\nesac\n`)
  chmodSync(npm, 0o755)
  return new Promise(resolve => {
    execFile('bash', [join(folder, '.ci/run'), '--no-install'], (error, stdout) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, lines: stdout.trimEnd().split('\n') })
    })
  })
}

describe('.ci/run', () => {
  it('passes when all lanes do, ends with the sum and names what it skipped, and why', async () => {
    const { code, lines } = await ciRun({})
    expect(lines.at(-1)).toBe('3 passed, 0 failed, 1 skipped')
    expect(lines.filter(line => /^engines +skipped .* no Java$/.test(line))).toHaveLength(1)
    expect(code).toBe(0)
  })

  it('sums the test lanes', async () => {
    const { lines } = await ciRun({ 'test:engines': `echo '${report(40, 0, 2)}' > "$LAMPLIGHTER_TEST_REPORT"` })
    expect(lines.at(-1)).toBe('43 passed, 0 failed, 3 skipped')
  })

  it.each(['lint', 'types', 'unused', 'lock', 'demo'])('fails with the lane %s, and runs the others', async name => {
    const { code, lines } = await ciRun({ [name]: 'exit 1' })
    expect(lines.filter(line => line.startsWith(`${name}: failed`))).toHaveLength(1)
    expect(lines.filter(line => /^\w+: ok/.test(line))).toHaveLength(14)
    expect(lines.at(-1)).toBe('3 passed, 0 failed, 1 skipped')
    expect(code).toBe(1)
  })

  it.each(['simulate', 'simulate:defects'])('fails with a lane that runs beside others: %s', async name => {
    const { code, lines } = await ciRun({ [name]: 'echo a violation; exit 1' })
    expect(lines.filter(line => /^(simulate|defects): failed/.test(line))).not.toHaveLength(0)
    expect(lines).toContain('a violation')
    expect(code).toBe(1)
  })

  it('fails with a failed test', async () => {
    const { code, lines } = await ciRun({ test: `echo '${report(2, 1, 0)}' > "$LAMPLIGHTER_TEST_REPORT"; exit 1` })
    expect(lines.at(-1)).toBe('2 passed, 1 failed, 0 skipped')
    expect(code).toBe(1)
  })

  it('fails when no test ran', async () => {
    const { code, lines } = await ciRun({ test: `echo '${report(0, 0, 0)}' > "$LAMPLIGHTER_TEST_REPORT"` })
    expect(lines.at(-1)).toBe('0 passed, 0 failed, 0 skipped')
    expect(code).toBe(1)
  })

  it.each(['test', 'test:engines'])('fails when %s passes without a report and without a reason', async name => {
    const { code, lines } = await ciRun({ [name]: 'true' })
    expect(lines.at(-1)).toMatch(/, 1 failed, /)
    expect(code).toBe(1)
  })
})
