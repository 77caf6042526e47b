import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../../lib/cli/command.ts'
import { program as everything } from '../../../lib/cli/commands.ts'
import { toned } from '../../../lib/cli/render.ts'
import { InvalidInput, Unavailable } from '../../../lib/core/values/errors.ts'
import { run } from './terminal-kit.ts'

const command = (of: Partial<Command>): Command => ({
  name: 'act',
  summary: 'act on something',
  details: 'Acts on something.',
  options: [{ flags: '--limit <number>', description: 'how many' }],
  examples: ['lamplighter act --limit 3'],
  run: async ({ named, given, flags }) => ({
    exit: 'done',
    json: { named, given, flags: [...flags] },
    text: page => toned(page, 'green', 'acted'),
  }),
  ...of,
})
const throwing = (error: Error): Command =>
  command({
    async run() {
      throw error
    },
  })
const program = { groups: { jobs: 'look at jobs' }, commands: [command({}), command({ name: 'jobs list' })] }

describe('a command', () => {
  it('prints its text, or its JSON and nothing else', async () => {
    expect(await run(['act'], { program })).toEqual({ exit: 0, stdout: 'acted\n', stderr: '' })
    const { exit, stdout, stderr } = await run(['jobs', 'list', '--limit', '3', '--json'], { program })
    expect([exit, JSON.parse(stdout), stderr]).toEqual([0, { named: {}, given: { limit: '3' }, flags: [] }, ''])
  })

  it('takes the global options before and behind its name', async () => {
    const before = await run(['--json', 'jobs', 'list'], { program })
    expect(before).toEqual(await run(['jobs', 'list', '--json'], { program }))
    expect(before.stdout).toContain('"given": {}')
  })

  it('has colours where the terminal has, unless --no-color is given', async () => {
    const colored = { program, hasColors: true }
    expect((await run(['act'], colored)).stdout).toBe('\u{1b}[32macted\u{1b}[39m\n')
    expect((await run(['act', '--no-color'], colored)).stdout).toBe('acted\n')
    expect((await run(['act', '--no-color', '--limt'], colored)).stderr).not.toContain('\u{1b}')
  })

  it('ends with the exit code of its outcome, and prints it all the same', async () => {
    const refused = command({ run: async () => ({ exit: 'notPossible', json: {}, text: () => 'not possible' }) })
    expect(await run(['act'], { program: { groups: {}, commands: [refused] } })).toEqual({
      exit: 1,
      stdout: 'not possible\n',
      stderr: '',
    })
  })

  it.each([
    [new InvalidInput('--limit', 'x', '1 to 5'), 2, 'invalid_input'],
    [new Unavailable('the table', 'no answer'), 5, 'unavailable'],
    [new Error('a fault'), 1, 'internal'],
  ])('that throws %o exits with %i', async (error, exit, code) => {
    const broken = { groups: {}, commands: [throwing(error)] }
    const ran = await run(['act'], { program: broken })
    expect([ran.exit, ran.stdout, ran.stderr.startsWith(`Error (${code}): `)]).toEqual([exit, '', true])
    const asJson = await run(['act', '--json'], { program: broken })
    expect([asJson.exit, asJson.stdout, JSON.parse(asJson.stderr)]).toMatchObject([exit, '', { code }])
  })
})

describe('wrong use', () => {
  it.each([
    [['ac'], "unknown command 'ac' (Did you mean act?); see --help"],
    [['jobs', 'lst'], "unknown command 'lst' (Did you mean list?); see --help"],
    [['act', '--limt', '3'], "unknown option '--limt' (Did you mean --limit?); see --help"],
    [['--jsno', 'act'], "unknown option '--jsno' (Did you mean --json?); see --help"],
    [['act', '--limit'], "option '--limit <number>' argument missing; see --help"],
    [['act', 'more'], "too many arguments for 'act'. Expected 0 arguments but got 1; see --help"],
  ])('%j', async (args, message) => {
    expect(await run(args, { program })).toEqual({ exit: 2, stdout: '', stderr: `Error (wrong_use): ${message}\n` })
  })

  it('as JSON', async () => {
    const { exit, stderr } = await run(['act', '--limt', '--json'], { program })
    expect([exit, JSON.parse(stderr)]).toEqual([
      2,
      { code: 'wrong_use', message: "unknown option '--limt' (Did you mean --limit?); see --help" },
    ])
  })

  it.each([[[]], [['jobs']]])('no command in %j: the help, on stderr', async args => {
    const { exit, stdout, stderr } = await run(args, { program })
    expect([exit, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: lamplighter/)
  })
})

it('a command of no group is a fault of the program', async () => {
  await expect(run([], { program: { groups: {}, commands: [command({ name: 'jobs list' })] } })).rejects.toThrow(
    'no group holds the command jobs list',
  )
})

describe('about itself', () => {
  it('the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    for (const flag of ['--version', '-V']) {
      expect(await run([flag])).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' })
    }
  })

  it('the help lists commands, options and exit codes', async () => {
    const { exit, stdout, stderr } = await run(['--help'], { program })
    expect([exit, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`Usage: lamplighter [options] [command]

Runs jobs on AWS Lambda, with DynamoDB and SQS: look at them, and steer them.

Options:
  -V, --version      print the version
  --json             print JSON on stdout, and errors as JSON on stderr
  --no-color         print no colours, as with NO_COLOR
  --local            ask this folder's local stack: the default, unless
                     LAMPLIGHTER_URL is set
  --stack <name>     ask a deployed stack, with your AWS credentials
  --url <address>    ask the HTTP API at this address (default: LAMPLIGHTER_URL)
  --region <region>  AWS region (default: AWS_REGION, or that of the profile)
  --profile <name>   profile of your AWS credentials (default: AWS_PROFILE)
  -h, --help         print help

Commands:
  jobs               look at jobs
  act [options]      act on something
  help [command]     print help of a command

Exit codes:
  0    done
  1    the command ran, and what it is about failed or is not possible
  2    wrong use: an unknown command or option, or a value that is refused
  3    not found
  4    no credentials, or not allowed
  5    a service did not answer; the same command may succeed later
  130  ended by Ctrl-C
`)
  })

  it('the help of the program fits 80 columns, and lists every command', async () => {
    const { stdout } = await run(['--help'])
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
    for (const { name } of everything.commands) expect(stdout).toMatch(new RegExp(`^ {2}${name.split(' ')[0]}\\b`, 'm'))
  })

  it.each(everything.commands.map(({ name }) => name))('the help of %s fits 80 columns', async name => {
    const { exit, stdout } = await run([...name.split(' '), '--help'])
    expect(exit).toBe(0)
    expect(stdout).toContain('Examples:\n  $ lamplighter ')
    expect(stdout).toContain('  --json ')
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
  })
})
