/** The command line of the packed package, in a project that is not this one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Foreign, foreign, hasRegistry } from './foreign.ts'
import { type Packed, pack } from './pack.ts'

const isOnline = await hasRegistry()
if (!isOnline) process.stdout.write('No registry can be reached: the package is not installed anywhere.\n')

const jobs = [
  "import { defineJob, defineRunner } from 'lamplighter'",
  "import * as v from 'valibot'",
  "export const mail = defineJob({ type: 'mail', input: v.object({ to: v.string() }), timeout: '30s' })",
  'export const runner = defineRunner({ jobs: [mail] })',
].join('\n')
const handlers = [
  "import { handle } from 'lamplighter'",
  "import { mail } from './jobs.ts'",
  'export const handlers = [handle(mail, ({ to }): string => `sent to ${to}`)]',
].join('\n')

describe.skipIf(!isOnline)('npx lamplighter', () => {
  let packed: Packed
  let project: Foreign

  beforeAll(async () => {
    packed = await pack()
    project = await foreign({
      tarball: packed.tarball,
      dependencies: { valibot: '^1.0.0', esbuild: '^0.28.0' },
      files: { 'src/jobs.ts': jobs, 'src/handlers.ts': handlers },
    })
  })

  afterAll(() => {
    project.remove()
    packed.remove()
  })

  it('--version: that of the package', async () => {
    const { version } = JSON.parse(packed.read('package.json')) as { version: string }
    expect(await project.npx('lamplighter', '--version')).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('schedules preview --json: an array and nothing else', async () => {
    const args = ['--cron', '30 2 * * *', '--tz', 'Europe/Berlin', '-n', '3', '--from', '2027-03-27', '--json']
    const { exit, stdout, stderr } = await project.npx('lamplighter', 'schedules', 'preview', ...args)
    expect([exit, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toEqual([
      { at: '2027-03-27T01:30:00.000Z', local: '2027-03-27T02:30:00+01:00' },
      { at: '2027-03-28T01:00:00.000Z', local: '2027-03-28T03:00:00+02:00', note: '02:30 is missing (clock +1 h)' },
      { at: '2027-03-29T00:30:00.000Z', local: '2027-03-29T02:30:00+02:00' },
    ])
  })

  it('wrong use: exit code 2', async () => {
    const { exit, stderr } = await project.npx('lamplighter', 'schedules', 'preview', '--corn', '* * * * *')
    expect([exit, stderr]).toEqual([
      2,
      "Error (wrong_use): unknown option '--corn' (Did you mean --cron?); see --help\n",
    ])
  })

  it('check: would deploy, and would not once a handler is gone', async () => {
    const { exit, stdout, stderr } = await project.npx('lamplighter', 'check')
    expect([exit, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/\n {2}mail {2}default {2}yes {6}30s {6}5\n/)
    expect(stdout).toMatch(/\n {2}worker {6}\d+ KB\n/)
    expect(stdout).toMatch(/\n {2}This would deploy\.\n$/)

    project.write('src/handlers.ts', 'export const handlers = []\n')
    const without = await project.npx('lamplighter', 'check', '--json')
    expect([without.exit, JSON.parse(without.stdout)]).toMatchObject([
      1,
      { ok: false, problems: [expect.stringMatching(/^no handler for job type 'mail' \(queue 'default'\) in /)] },
    ])
  })
})

describe.skipIf(!isOnline)('npx lamplighter check without esbuild', () => {
  it('says what to install', async () => {
    const packed = await pack()
    const project = await foreign({
      tarball: packed.tarball,
      files: { 'src/jobs.ts': jobs, 'src/handlers.ts': handlers },
    })
    const { exit, stdout } = await project.npx('lamplighter', 'check')
    expect(exit).toBe(1)
    expect(stdout).toMatch(
      /This would not deploy:\n {2}esbuild is not installed, and bundling needs it: npm install --save-dev\n {2}esbuild\n$/,
    )
    project.remove()
    packed.remove()
  })
})
