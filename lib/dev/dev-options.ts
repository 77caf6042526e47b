/** What a person may ask of `lamplighter dev`, checked. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { durationMs } from '../core/values/duration.ts'
import { InvalidInput } from '../core/values/errors.ts'
import { type AwsTarget, awsTargets } from './engines/environment.ts'

export interface DevOptions {
  /** Of the project, absolute. */
  readonly folder: string
  readonly handlers?: string | undefined
  readonly runner?: string | undefined
  readonly port: number
  readonly tickMs: number
  /** For the table, relative to the project. */
  readonly dataDir: string
  readonly fresh: boolean
  /** Variables for the functions: `.env`, the file that was named, then the shell, which wins. */
  readonly environment: Readonly<Record<string, string>>
  readonly aws: AwsTarget
  readonly inspectPort?: number
  /** Print the functions' log lines as they are. */
  readonly isRaw: boolean
}

/** As they are typed. */
export interface TypedOptions {
  readonly handlers?: string | undefined
  readonly runner?: string | undefined
  readonly port?: string | undefined
  readonly tick?: string | undefined
  readonly data?: string | undefined
  readonly envFile?: string | undefined
  readonly aws?: string | undefined
  /** Without a port: true. */
  readonly inspect?: string | true | undefined
  readonly fresh: boolean
  readonly isRaw: boolean
}

const defaultPort = 8787
/** Node's own. */
const defaultInspectPort = 9_229
const defaultDataDir = '.lamplighter'

/** @throws InvalidInput naming the option, the value and what is allowed */
export function devOptions(
  folder: string,
  own: Readonly<Record<string, string | undefined>>,
  typed: TypedOptions,
): DevOptions {
  const { handlers, runner, fresh, isRaw, inspect } = typed
  if (typed.data === '') throw new InvalidInput('--data', '', 'the path of a folder')
  const inspectPort = inspect === true ? defaultInspectPort : inspect
  return {
    folder,
    handlers,
    runner,
    fresh,
    isRaw,
    port: portOf('--port', typed.port ?? String(defaultPort), 0),
    tickMs: durationMs('--tick', typed.tick ?? '60s', 1_000, 3_600_000),
    dataDir: typed.data ?? defaultDataDir,
    aws: targetOf(typed.aws ?? 'local'),
    environment: environmentOf(folder, own, typed.envFile),
    ...(inspectPort === undefined ? {} : { inspectPort: portOf('--inspect', String(inspectPort), 1_024) }),
  }
}

function portOf(option: string, text: string, least: number): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= least && port <= 65_535) return port
  throw new InvalidInput(option, text, `${least} to 65535`)
}

function targetOf(text: string): AwsTarget {
  const target = awsTargets.find(one => one === text)
  if (target === undefined) throw new InvalidInput('--aws', text, awsTargets.join(' or '))
  return target
}

function environmentOf(
  folder: string,
  own: Readonly<Record<string, string | undefined>>,
  envFile: string | undefined,
): Readonly<Record<string, string>> {
  const shell = Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const named = envFile === undefined ? {} : variablesIn(folder, '--env-file', envFile)
  return { ...variablesIn(folder, undefined, '.env'), ...named, ...Object.fromEntries(shell) }
}

/** @param option names a file that must be there */
function variablesIn(folder: string, option: string | undefined, file: string): Readonly<Record<string, string>> {
  const path = resolve(folder, file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    if (option === undefined) return {}
    throw new InvalidInput(option, file, `a file that can be read; there is none at ${path}`)
  }
  return Object.fromEntries(
    Object.entries(parseEnv(text)).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
