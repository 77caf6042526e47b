/** Bundles the same entry again and again, as fast as esbuild can: it remembers what did not change. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { type BundlingOptions, buildOptions, failureText, type InMemory, loadEsbuild, outputIn } from './bundle.ts'

export type Rebuilt =
  | {
      readonly kind: 'built'
      /** Of the module, in a folder of its own: no other build overwrites it. */
      readonly path: string
      /** Equal for equal code. */
      readonly hash: string
      /** Absolute paths of the files that it was made of, without those of packages. */
      readonly inputs: readonly string[]
    }
  /** `text`: esbuild's own words. */
  | { readonly kind: 'failed'; readonly text: string }

export interface Rebuilder {
  readonly name: string
  build(): Promise<Rebuilt>
  dispose(): Promise<void>
}

export interface RebuildSpec {
  /** For messages and folders: `worker`, `inner` … */
  readonly name: string
  /** Of the entry. */
  readonly source: string
  readonly options: BundlingOptions & Pick<BuildOptions, 'minify' | 'plugins' | 'target'>
  /** Where the folders of the builds go. */
  readonly folder: string
}

/** @throws InvalidDefinition when esbuild is not installed */
export async function rebuilder({ name, source, options, folder }: RebuildSpec): Promise<Rebuilder> {
  // Paths in the source map are relative to it: it stands as deep as the folders that are written.
  const standing = join(folder, name)
  // Read by Go, in which esbuild is written: it gives memory back sooner.
  process.env['GOGC'] ??= '25'
  const all: InMemory = {
    ...buildOptions(name, source, { ...options, ...outputIn(standing, name) }),
    write: false,
    metafile: true,
  }
  const kept = await loadEsbuild().context(all)
  return {
    name,
    async build() {
      try {
        const { outputFiles, metafile } = await kept.rebuild()
        const hash = createHash('sha256')
        const files = outputFiles.toSorted((a, b) => (a.path < b.path ? -1 : 1))
        for (const { contents } of files) hash.update(contents)
        const digest = hash.digest('hex').slice(0, 16)
        const target = join(folder, `${name}-${digest}`)
        mkdirSync(target, { recursive: true })
        for (const { path, contents } of files) writeFileSync(path.replace(standing, target), contents)
        const inputs = Object.keys(metafile.inputs).filter(path => !/(?:^|[\\/])node_modules[\\/]/.test(path))
        return {
          kind: 'built',
          path: join(target, 'index.mjs'),
          hash: digest,
          inputs: inputs.filter(path => path !== `${name}.js`).map(path => resolve(path)),
        }
      } catch (error) {
        return { kind: 'failed', text: failureText(error) }
      }
    },
    dispose: () => kept.dispose(),
  }
}
