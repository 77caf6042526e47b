import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { listenOn } from '../../../../lib/dev/loopback.ts'
import { type DevProgram, type StartOptions, startDev } from '../../../support/dev-program.ts'
import { enqueueAt } from '../../../support/local-stack.ts'
import { descendantsOf, untilGone } from '../../../support/processes.ts'
import { application, handlersWith, jobs } from '../../bundle/application.ts'

const programs: DevProgram[] = []
afterEach(async () => {
  for (const { child, ended } of programs.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
})

function start(folder: string, options: Omit<StartOptions, 'folder'> = {}): DevProgram {
  const program = startDev({ folder, ...options })
  programs.push(program)
  return program
}

const resultOf = async (url: string, id: string): Promise<unknown> => {
  const job = async () => (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as { state: string; result?: unknown }
  await expect.poll(async () => (await job()).state, { timeout: 40_000, interval: 50 }).toBe('COMPLETED')
  return (await job()).result
}
const greetAt = async (url: string): Promise<unknown> => resultOf(url, await enqueueAt(url, 'greet', {}))

describe('lamplighter dev', { timeout: 120_000 }, () => {
  it('finds the modules, says what runs, and writes what the own app needs', async () => {
    const { folder } = application({
      'package.json': '{"name":"my-shop"}',
      'handlers.ts': handlersWith('const from = process.env.GREETING ?? "nobody"', 'from'),
      '.env': 'GREETING=dotenv\n',
    })
    const program = start(folder)
    const url = await program.url()
    expect(program.lines.slice(0, 6)).toEqual([
      expect.stringMatching(/^ {2}Lamplighter \d+\.\d+\.\d+ +my-shop$/),
      '  Jobs       1 in jobs.ts, handlers in handlers.ts',
      '  Queues     default ×10',
      '  Schedules  0',
      `  API        ${url}`,
      expect.stringMatching(/^ {2}/),
    ])
    expect(program.lines).toContain('  Your app   node --env-file=.lamplighter/env server.js')
    expect(await greetAt(url)).toBe('dotenv')
    const env = readFileSync(join(folder, '.lamplighter/env'), 'utf8')
    for (const name of ['LAMPLIGHTER_URL', 'LAMPLIGHTER_TOKEN', 'LAMPLIGHTER_ENDPOINTS', 'LAMPLIGHTER_QUEUES']) {
      expect(env).toContain(`${name}='`)
    }
    expect(readFileSync(join(folder, '.lamplighter/.gitignore'), 'utf8')).toBe('*\n')
    const children = descendantsOf(program.child.pid ?? 0)
    program.child.kill('SIGINT')
    expect(await program.ended).toBe(0)
    await untilGone(children)
  })

  it('runs saved code at once, keeps the code before when it has a fault, and says so once', async () => {
    const { folder, file } = application({ 'handlers.ts': handlersWith('', '"first"') })
    const program = start(folder)
    const url = await program.url()
    expect(await greetAt(url)).toBe('first')
    writeFileSync(file('handlers.ts'), handlersWith('', '"second"'))
    await program.line(/reloaded handlers\.ts in [^;]*$/)
    expect(await greetAt(url)).toBe('second')

    writeFileSync(file('handlers.ts'), handlersWith('const broken = ;', '"third"'))
    await program.line(/Unexpected ";"/)
    expect(program.lines.join('\n')).toContain('const broken = ;')
    expect(await greetAt(url)).toBe('second')
    writeFileSync(file('handlers.ts'), `${handlersWith('const broken = ;', '"third"')} `)
    writeFileSync(file('handlers.ts'), handlersWith('throw new Error("no key")', '"fourth"'))
    await program.line(/worker-default does not start: Error: no key/)
    expect(program.lines.filter(line => line.includes('Unexpected ";"'))).toHaveLength(1)
    expect(await greetAt(url)).toBe('second')

    const from = program.lines.length
    writeFileSync(file('handlers.ts'), handlersWith('', '"fifth"'))
    await program.line(/reloaded handlers\.ts/, from)
    expect(await greetAt(url)).toBe('fifth')
  })

  it('lets a run that goes on end in the code before', async () => {
    const slow = (text: string, waitMs: number) =>
      handlersWith('', `new Promise(done => setTimeout(done, ${waitMs}, "${text}"))`)
    const { folder, file } = application({ 'handlers.ts': slow('old', 3_000) })
    const program = start(folder)
    const url = await program.url()
    const id = await enqueueAt(url, 'greet', {})
    await program.line(/IN_PROGRESS/)
    writeFileSync(file('handlers.ts'), slow('new', 0))
    await program.line(/reloaded handlers\.ts in .*; 1 run ends on old code$/)
    expect(await greetAt(url)).toBe('new')
    expect(await resultOf(url, id)).toBe('old')
  })

  it('takes new queues and schedules from a changed runner', async () => {
    const { folder, file } = application({ 'handlers.ts': handlersWith('') })
    const program = start(folder)
    await program.url()
    const more = jobs
      .replace("'greet', input", "'greet', queue: 'loud', input")
      .replace(
        'defineRunner({',
        "defineRunner({ queues: { loud: { concurrency: 3 } }, schedules: [schedule('often', greet, { every: '1s', input: {} })],",
      )
      .replace('defineJob, defineRunner', 'defineJob, defineRunner, schedule')
    writeFileSync(file('jobs.ts'), more)
    await program.line(/reloaded jobs\.ts/)
    await program.line(/greet .* COMPLETED/)
    expect(readFileSync(join(folder, '.lamplighter/env'), 'utf8')).toContain('lamplighter-loud')
  })

  it('goes on after kill -9 where it stopped, and forgets with --fresh', async () => {
    const { folder } = application({ 'handlers.ts': handlersWith('') })
    const first = start(folder)
    const id = await enqueueAt(await first.url(), 'greet', {}, { delay: '1h' })
    const children = descendantsOf(first.child.pid ?? 0)
    first.child.kill('SIGKILL')
    await first.ended
    await untilGone(children)
    const second = start(folder)
    const kept = await fetch(`${await second.url()}/v1/jobs/${id}`)
    expect(await kept.json()).toMatchObject({ id, state: 'SCHEDULED' })
    second.child.kill('SIGINT')
    expect(await second.ended).toBe(0)
    const third = start(folder, { args: ['--fresh'] })
    expect((await fetch(`${await third.url()}/v1/jobs/${id}`)).status).toBe(404)
  })

  it('leaves the caller’s AWS alone with --aws real, and hands it nothing of its own', async () => {
    const { folder } = application({
      'handlers.ts': handlersWith(
        'const seen = process.env',
        '[seen.AWS_PROFILE ?? "", seen.AWS_ENDPOINT_URL_DYNAMODB ?? ""]',
      ),
    })
    const program = start(folder, { args: ['--aws', 'real'], env: { AWS_PROFILE: 'mine' } })
    expect(await greetAt(await program.url())).toEqual(['mine', ''])
    const env = readFileSync(join(folder, '.lamplighter/env'), 'utf8')
    expect(env).not.toContain('AWS_')
    expect(env).toContain('LAMPLIGHTER_ENDPOINTS')
  })
})

describe('lamplighter dev, misled', { timeout: 90_000 }, () => {
  const last = async (folder: string, args: readonly string[] = [], env = {}) => {
    const program = start(folder, { args, env })
    const code = await program.ended
    return [code, program.lines.join('\n')] as const
  }

  it.each<readonly [string, Readonly<Record<string, string>>, readonly string[], number, RegExp]>([
    [
      'no handlers',
      {},
      [],
      2,
      /^Error \(invalid_input\): --handlers is absent; allowed: the path of a module; none of src\/handlers\.ts, /,
    ],
    [
      'a job without a handler',
      { 'handlers.ts': 'export const handlers = []' },
      [],
      1,
      /no handler for job type 'greet' \(queue 'default'\) in .*handlers\.ts/,
    ],
    ['a syntax error', { 'handlers.ts': 'export const = 1' }, [], 1, /Expected identifier but found "="\n/],
    [
      'a handler of another runner',
      {
        'handlers.ts': handlersWith('').replace('greet, runner', 'other as greet, runner'),
        'jobs.ts': `${jobs}\nexport const other = defineJob({ type: 'other', input: anything })`,
      },
      [],
      1,
      /there is a handler for job type 'other', which the runner does not list/,
    ],
    [
      'a port',
      { 'handlers.ts': handlersWith('') },
      ['--inspect', '80'],
      2,
      /--inspect is '80'; allowed: 1024 to 65535/,
    ],
    [
      'a target of AWS',
      { 'handlers.ts': handlersWith('') },
      ['--aws', 'prod'],
      2,
      /--aws is 'prod'; allowed: local or real/,
    ],
    [
      'an option',
      { 'handlers.ts': handlersWith('') },
      ['--handler', 'x'],
      2,
      /unknown option '--handler' \(Did you mean --handlers\?\)/,
    ],
  ])('by %s: one clear message and an exit code', async (_, files, args, code, message) => {
    const [ended, said] = await last(application(files).folder, args)
    expect(said).toMatch(message)
    expect(ended).toBe(code)
    expect(said).not.toMatch(/\n\s+at /)
  })

  it('by a port in use: one line', async () => {
    const { folder } = application({ 'handlers.ts': handlersWith('') })
    const server = createServer()
    const port = await listenOn(server, 0)
    const [ended, said] = await last(folder, ['--port', String(port)])
    server.close()
    expect([ended, said]).toEqual([1, `Error (stack_failed): port ${port} is in use; choose another one with --port`])
  })

  it('by a folder that another stack uses: one line', async () => {
    const { folder } = application({ 'handlers.ts': handlersWith('') })
    await start(folder).url()
    const [ended, said] = await last(folder)
    expect(ended).toBe(1)
    expect(said).toMatch(/^Error \(stack_failed\): .*\.lamplighter is in use by another stack \(process \d+\)/)
  })

  it('by a broken package.json: one line', async () => {
    const { folder } = application({ 'handlers.ts': '' })
    mkdirSync(join(folder, 'app'))
    writeFileSync(join(folder, 'package.json'), '{')
    expect(await last(folder)).toEqual([
      2,
      expect.stringMatching(/^Error \(invalid_input\): package\.json cannot be read/),
    ])
  })
})
