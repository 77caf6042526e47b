/** From the source text of an entry to the folder that Lambda loads. */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import type esbuild from 'esbuild'
import type { BuildFailure, BuildOptions, BuildResult, Metafile } from 'esbuild'
import { InvalidDefinition } from '../core/values/errors.ts'
import { bundling, bytesAtStart, noCalendar, serviceBundling, splitInto } from './bundling.ts'

/**
 * How esbuild treats the handlers of a worker. Each option means what esbuild's documentation says.
 * @example { loader: { '.sql': 'text' }, external: ['sharp'] }
 */
export interface BundlingOptions
  extends Pick<BuildOptions, 'define' | 'loader' | 'conditions' | 'tsconfig' | 'keepNames'> {
  /** Packages that are not bundled, because a layer brings them, such as native modules. @default none */
  readonly external?: string[]
}

export interface Bundle {
  /** The folder that becomes the function's code. It holds `index.mjs`, what that loads late, and source maps. */
  readonly folder: string
  /** Of the code alone: the same source gives the same hash on every machine. */
  readonly hash: string
  /** What a start loads. What is imported late is not in it. */
  readonly bytes: number
}

/** Several constructs of one program, and several workers of one construct, share what is the same. */
const made = new Map<string, Bundle>()

/**
 * Bundles the source text of an entry.
 * @param name for messages: `worker`, `sweeper` …
 * @param source JavaScript with absolute imports
 * @throws InvalidDefinition with esbuild's own words when it cannot be bundled, or when esbuild is not installed
 */
export function bundle(name: string, source: string, options: BundlingOptions = {}): Bundle {
  const key = JSON.stringify([source, options])
  const known = made.get(key)
  if (known !== undefined) return known
  const folder = temporaryFolder()
  const { metafile } = build(name, buildOptions(name, source, { ...options, ...outputIn(folder, name) }))
  const bundled = { folder, hash: hashOf(folder), bytes: bytesAtStart(metafile.outputs) }
  made.set(key, bundled)
  return bundled
}

/** Names of files that are loaded late change with the place of the sources, so that names do not count. */
function hashOf(folder: string): string {
  const files = readdirSync(folder).filter(file => extname(file) === '.mjs')
  const codes = files.map(file => {
    const code = readFileSync(join(folder, file), 'utf8')
    return sha256(files.reduce((text, name) => text.replaceAll(name, ''), code))
  })
  return sha256(codes.toSorted().join())
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

/**
 * The same code next to other files, in a folder of its own: other functions share the one that is given.
 * @param files by their path below the folder
 */
export function bundleWith({ folder, hash, bytes }: Bundle, files: Readonly<Record<string, Buffer>>): Bundle {
  const target = temporaryFolder()
  cpSync(folder, target, { recursive: true })
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(target, path)), { recursive: true })
    writeFileSync(join(target, path), content)
  }
  const sums = Object.entries(files).map(([path, content]) => `${path} ${sha256(content)}`)
  return { folder: target, hash: sha256([hash, ...sums].join('\n')), bytes }
}

/** One file, or a folder of several. */
type Output = { readonly outfile: string } | ReturnType<typeof splitInto>

/** Workers and the API have parts that few of their calls need, and fire no schedule. */
const isSplit = (name: string): boolean => name === 'api' || name.startsWith('worker')

export const outputIn = (folder: string, name: string): Output =>
  isSplit(name) ? splitInto(folder) : { outfile: join(folder, 'index.mjs') }

/** What esbuild is asked for: the same for what is deployed and for what runs locally. */
export const buildOptions = (
  name: string,
  source: string,
  options: BundlingOptions & Output & Pick<BuildOptions, 'minify' | 'plugins' | 'target'>,
): BuildOptions => ({
  ...(name.startsWith('worker') ? bundling : serviceBundling),
  mainFields: [...bundling.mainFields],
  // Stacks in the log show the lines that were written. The sources themselves are not deployed.
  sourcemap: true,
  sourcesContent: false,
  ...options,
  ...(isSplit(name) ? { define: { ...options.define, ...noCalendar } } : {}),
  stdin: { contents: source, resolveDir: process.cwd(), sourcefile: `${name}.js` },
  logLevel: 'silent',
})

function build(name: string, options: BuildOptions): { readonly metafile: Metafile } {
  try {
    return loadEsbuild().buildSync({ ...options, metafile: true })
  } catch (error) {
    throw new InvalidDefinition(`the ${name} cannot be bundled:\n${failureText(error)}`)
  }
}

/** What esbuild says about a build that failed. @throws what was thrown, if it is something else */
export function failureText(error: unknown): string {
  const { errors } = error as BuildFailure
  if (!Array.isArray(errors)) throw error
  return loadEsbuild().formatMessagesSync(errors, { kind: 'error' }).join('')
}

const requireHere = createRequire(import.meta.url)

/** esbuild is an optional peer, so its absence gets a message of its own. @throws InvalidDefinition */
export function loadEsbuild(): typeof esbuild {
  try {
    return requireHere('esbuild') as typeof esbuild
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause
    throw new InvalidDefinition('esbuild is not installed, and bundling needs it: npm install --save-dev esbuild', {
      cause,
    })
  }
}

/** Nothing is written to disk. */
export type InMemory = BuildOptions & { readonly write: false; readonly metafile: true }

/**
 * Builds in a process of its own, which then ends: esbuild keeps what it has read, and Go gives memory back late.
 * @throws InvalidDefinition when esbuild is not installed
 */
export async function buildApart(options: InMemory): Promise<BuildResult<InMemory>> {
  const used = (apart.esbuild ??= freshEsbuild())
  apart.users += 1
  try {
    return await startedAt(collectSeldom, () => used.build(options))
  } finally {
    apart.users -= 1
    if (apart.users === 0) {
      delete apart.esbuild
      await used.stop()
    }
  }
}

/** GOGC of a process that ends before its garbage matters: a quarter of its time. */
const collectSeldom = '400'

/** The first call starts esbuild's process, with the variables of that moment. */
function startedAt<T>(gogc: string, start: () => T): T {
  const { GOGC: before } = process.env
  process.env['GOGC'] = gogc
  try {
    return start()
  } finally {
    if (before === undefined) delete process.env['GOGC']
    else process.env['GOGC'] = before
  }
}

/** Builds at the same time share it. */
const apart: { esbuild?: typeof esbuild; users: number } = { users: 0 }

/** Each copy of its module starts a process of its own. */
function freshEsbuild(): typeof esbuild {
  loadEsbuild()
  const path = requireHere.resolve('esbuild')
  const cached = requireHere.cache[path]
  delete requireHere.cache[path]
  try {
    return loadEsbuild()
  } finally {
    if (cached !== undefined) requireHere.cache[path] = cached
  }
}

const folders: string[] = []

function temporaryFolder(): string {
  // The CDK copies it into cdk.out as soon as a function is made of it.
  if (folders.length === 0) {
    process.once('exit', () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    })
  }
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-bundle-'))
  folders.push(folder)
  return folder
}
