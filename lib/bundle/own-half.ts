/**
 * Lamplighter's own half of the bundles, for the local stack: bundled once, with the options of a deployment, in files
 * that the application's bundles import. What a person saves is then bundled alone, in a tenth of the time.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { buildApart, failureText } from './bundle.ts'
import { bundling } from './bundling.ts'
import { innerFunctions } from './entries.ts'

const thisFile = fileURLToPath(import.meta.url)
/** In the repository files end in `.ts`, in the published package in `.js`. */
const ending = extname(thisFile)
const root = join(dirname(thisFile), '..') + sep
/** What every application imports: by name, and in the entries of its functions. Modules of `lib`, without ending. */
const usual = ['index', 'bundle/local-runner', 'lambda/worker', ...innerFunctions.map(kind => `lambda/${kind}`)]
/** Only in the repository: as TypeScript, it would load a compiler into each process (15 MB). */
const host = ending === '.ts' ? ['dev/lambda/function-host'] : []

export type OwnBuild =
  | { readonly kind: 'built' }
  /** `text`: esbuild's own words. */
  | { readonly kind: 'failed'; readonly text: string }

export interface OwnHalf {
  /** For bundles of the application: their imports of Lamplighter lead to the files of the own half. */
  readonly plugin: Plugin
  /** Path of the program that runs functions; undefined where that needs no build. */
  host(): string | undefined
  /** Builds what the bundles import and is not there yet. Without such a thing it costs nothing. */
  build(): Promise<OwnBuild>
  /** From now on imports lead to files that are built anew. */
  renew(): void
  /** Absolute paths of the files that it was made of, without those of packages. */
  inputs(): readonly string[]
}

/**
 * @param folder for the files, a new one inside it after each `renew`
 * @param target of esbuild
 */
export function ownHalf(folder: string, target: string): OwnHalf {
  let [round, inputs]: [number, readonly string[]] = [1, []]
  let built = new Set<string>()
  const wanted = new Set([...usual, ...host])
  const outdir = (): string => join(folder, `lamplighter-${round}`)
  return {
    plugin: pluginFor(name => {
      wanted.add(name)
      return join(outdir(), `${name}.mjs`)
    }),
    inputs: () => inputs,
    host: () => (host[0] === undefined ? undefined : join(outdir(), `${host[0]}.mjs`)),
    renew() {
      round += 1
      built = new Set()
    },
    async build() {
      const names = [...wanted]
      if (names.every(name => built.has(name))) return { kind: 'built' }
      try {
        inputs = await buildInto(outdir(), names, target)
        built = new Set(names)
        return { kind: 'built' }
      } catch (error) {
        return { kind: 'failed', text: failureText(error) }
      }
    },
  }
}

/** @returns paths of the sources outside of packages */
async function buildInto(outdir: string, names: readonly string[], target: string): Promise<readonly string[]> {
  const { outputFiles, metafile } = await buildApart({
    ...bundling,
    mainFields: [...bundling.mainFields],
    entryPoints: Object.fromEntries(names.map(name => [name, join(root, `${name}${ending}`)])),
    outdir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    minify: false,
    target,
    // Its lines are of interest to those who change it.
    sourcemap: ending === '.ts',
    sourcesContent: false,
    logLevel: 'silent',
    write: false,
    metafile: true,
  })
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
  return Object.keys(metafile.inputs)
    .filter(path => !/(?:^|[\\/])node_modules[\\/]/.test(path))
    .map(path => resolve(path))
}

/** Marks what was asked for by the plugin itself. */
const asked = Symbol('asked')

/** @param fileOf the file that stands for a module of Lamplighter */
const pluginFor = (fileOf: (name: string) => string): Plugin => ({
  name: 'lamplighter',
  setup(build) {
    build.onResolve({ filter: importsOfOwn() }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      // `require` gets Lamplighter's CommonJS files, which are bundled with what requires them.
      if (pluginData === asked || (kind !== 'import-statement' && kind !== 'dynamic-import')) return undefined
      const { path: found, namespace } = await build.resolve(path, { kind, importer, resolveDir, pluginData: asked })
      if (namespace !== 'file' || !found.startsWith(root)) return undefined
      const name = relative(root, found).slice(0, -extname(found).length).replaceAll(sep, '/')
      return { path: pathToFileURL(fileOf(name)).href, external: true }
    })
  },
})

/** By the package's name, by path in the entries, and in the repository by relative paths. Each match costs a call. */
function importsOfOwn(): RegExp {
  const path = root.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
  return new RegExp(`^lamplighter(/|$)|^${path}${ending === '.ts' ? String.raw`|^(\.\./)+lib/` : ''}`)
}
