/** The user's own project in a local stack: found, bundled, run, and brought up to date with every save. */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { findModules, type ProjectModules } from '../bundle/find-modules.ts'
import type { DescribedSchedule } from '../bundle/probe-report.ts'
import { anchoredWhen } from '../core/schedule/definition.ts'
import { nextOf } from '../core/schedule/next.ts'
import { InvalidDefinition } from '../core/values/errors.ts'
import { buildFolderIn, makeDataFolder } from './data-folder.ts'
import type { DevOptions } from './dev-options.ts'
import type { DevStack } from './dev-stack.ts'
import { loadEngines } from './engines/load-engines.ts'
import type { Site } from './http/server.ts'
import { Application, type Built } from './project/application.ts'
import { type Reloader, startReloader } from './project/reloader.ts'
import { type End, runStack } from './run-stack.ts'
import { createConsole } from './terminal/console.ts'
import { listenForKeys } from './terminal/keys.ts'
import { readyText } from './terminal/ready-text.ts'
import { clockTime } from './terminal/text.ts'

export interface DevSettings {
  readonly options: DevOptions
  /** Of Lamplighter. */
  readonly version: string
  /** What the port shows besides the API. @default nothing */
  readonly site?: Site
  /** Called once the stack is ready. @returns closes what it opened */
  readonly onReady?: (stack: DevStack) => Promise<() => Promise<void>>
}

/** So long may somebody stand at a breakpoint before the job counts as lost (milliseconds). */
const debuggerSlackMs = 3_600_000

/**
 * Runs until a signal or `q` comes, or the table's engine ends.
 * @returns the exit code: 0 after an orderly stop, 130 when a signal cut the start or the stop short, 1 when the engine
 * ended
 * @throws InvalidInput when there are no such modules; InvalidDefinition when they would not deploy
 */
export async function runDev(settings: DevSettings): Promise<number> {
  const { options, site } = settings
  const { folder, port, tickMs, fresh, environment, aws, inspectPort } = options
  // Before the folder is made and anything is built.
  await loadEngines()
  const terminal = createConsole(options.isRaw)
  const dataDir = resolve(folder, options.dataDir)
  const modules = findModules(folder, options)
  let made: { readonly application: Application; readonly built: Built } | undefined
  const prepare = async () => {
    made = await firstBuild(options, modules, dataDir)
    const { runner, functions, warnings } = made.built
    for (const warning of warnings) terminal.onTrouble(warning)
    const more = { ...(site === undefined ? {} : { site }), ...(inspectPort === undefined ? {} : { inspectPort }) }
    return { runner, functions, port, tickMs, dataDir, fresh, environment, aws, ...terminal, ...more }
  }
  try {
    return await runStack(prepare, terminal, (stack, end) => use(stack, end))
  } finally {
    // Also when the stack did not start: esbuild's process would go on.
    await made?.application.dispose()
  }
  async function use(stack: DevStack, end: Promise<End>): Promise<number> {
    if (made === undefined) throw new Error('the stack started without an application')
    const { application, built } = made
    application.taken()
    const { onFailure, ...reloading } = reports(terminal)
    // First: whoever reads that it is ready may save at once.
    const reloader = startReloader({ application, stack, folder, onFailure, ...reloading })
    terminal.print(readyText(factsOf(settings, modules, { built, stack, dataDir })))
    const stopKeys = listenForKeys(process.stdin, keysOf(stack, reloader), interrupt)
    const close = await settings.onReady?.(stack).catch((error: unknown) => onFailure(String(error)))
    const isBroken = (await end) === 'broken'
    stopKeys()
    terminal.say(
      isBroken
        ? 'The engine of the table has ended, and the stack with it.'
        : 'Stopping: what runs now may finish; Ctrl-C again ends it at once.',
    )
    if (isBroken) stack.kill()
    await reloader.stop()
    await stack.stop()
    await close?.()
    return isBroken ? 1 : 0
  }
}

async function firstBuild({ inspectPort, environment }: DevOptions, modules: ProjectModules, dataDir: string) {
  makeDataFolder(dataDir)
  const application = await Application.of({
    modules,
    buildFolder: buildFolderIn(dataDir),
    environment,
    local: { slackMs: inspectPort === undefined ? 0 : debuggerSlackMs },
  })
  const built = await application.build()
  if (built.kind === 'built') return { application, built }
  await application.dispose()
  throw new InvalidDefinition(built.kind === 'failed' ? built.text : 'nothing was built')
}

const reports = (terminal: ReturnType<typeof createConsole>) => ({
  onReload: (text: string) => terminal.say(`${clockTime(Date.now())}  ${text}`),
  onFailure: (text: string) => terminal.onTrouble(text),
})

/** Ctrl-C, as the terminal would send it. */
const interrupt = (): void => void process.kill(process.pid, 'SIGINT')

const keysOf = (stack: DevStack, reloader: Reloader) => ({
  o: () => openBrowser(stack.pageUrl),
  r: () => void reloader.reload(),
  c: () => void process.stdout.write('\u{1b}[2J\u{1b}[3J\u{1b}[H'),
  t: () => void stack.tick(),
  q: interrupt,
})

interface Started {
  readonly built: Built
  readonly stack: DevStack
  readonly dataDir: string
}

function factsOf({ options, version, site }: DevSettings, modules: ProjectModules, started: Started) {
  const { built, stack, dataDir } = started
  const { folder, inspectPort } = options
  const near = (path: string): string => relative(folder, path)
  const queues = Object.entries(built.runner.queues)
  const next = nextSchedule(built.schedules, Date.now())
  return {
    version,
    name: projectName(folder),
    jobs: Object.keys(built.runner.jobs).length,
    files: {
      runner: near(modules.runner),
      handlers: [...new Set([modules.handlers, ...Object.values(modules.workers)])].map(near),
    },
    queues: queues.map(([name, { concurrency }]) => [name, concurrency] as const),
    schedules: { count: built.schedules.length, ...(next === undefined ? {} : { next }) },
    url: stack.url,
    ...(site === undefined ? {} : { pageUrl: stack.pageUrl }),
    debuggers:
      inspectPort === undefined ? [] : queues.map(([name], index) => [`worker-${name}`, inspectPort + index] as const),
    envFile: near(join(dataDir, 'env')),
  }
}

/** The first that is due, of those that are not paused. */
function nextSchedule(schedules: readonly DescribedSchedule[], now: number) {
  const due = schedules.flatMap(({ name, when, paused }) => {
    const at = paused ? undefined : nextOf(anchoredWhen(when, now))(now)
    return at === undefined ? [] : [{ name, inMs: at - now }]
  })
  return due.toSorted((one, other) => one.inMs - other.inMs)[0]
}

function projectName(folder: string): string {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name?: unknown }
    if (typeof name === 'string' && name !== '') return name
  } catch {
    // No package.json, or not one of npm's.
  }
  return basename(folder)
}

/** Shows an address in the person's browser, as far as there is one. */
function openBrowser(url: string): void {
  const [command, ...args] = commandFor(process.platform)
  if (command === undefined) return
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}

/** Programs need no token, so one in a command line, which they can see, gives nothing away. */
function commandFor(platform: NodeJS.Platform): readonly string[] {
  if (platform === 'darwin') return ['open']
  return platform === 'win32' ? ['cmd', '/c', 'start', '""'] : ['xdg-open']
}
