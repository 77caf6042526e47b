/**
 * The CommonJS copy of the entries that jest loads in its default form: file by file, so that entries share modules.
 * Packages stay outside, but for those that are ES modules only. Run after tsc, on what it built: `npm run build`.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const dist = fileURLToPath(new URL('../../../dist', import.meta.url))
const target = join(dist, 'cjs')
/** No CommonJS in them. */
const esmOnly = ['uuid']
const entries = ['lib/index.js', 'lib/testing.js', 'cdk/job-runner.js']

/** Paths that a module computes from its own are those of the ES modules: functions are bundled from there. */
const esmTwin = String.raw`const importMetaUrl = require('node:url').pathToFileURL(__filename.replace(/([\\/])dist[\\/]cjs[\\/]/, '$1dist$1')).href;`

const { metafile } = await build({
  entryPoints: entries.map(entry => join(dist, entry)),
  bundle: true,
  write: false,
  outdir: target,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  metafile: true,
  // The test kit loads ahead what workers load late: that matters file by file only.
  logOverride: { 'ignored-bare-import': 'silent' },
  absWorkingDir: dist,
})
/** What the entries reach. */
const modules = Object.keys(metafile.inputs)

/** What workers load late: jest's own loader knows no `import()`. Elsewhere it may load ES modules of others. */
const isOfWorkers = (module: string): boolean => module.startsWith('lib/app/')

const asCommonJs = (all: readonly string[], supported: Record<string, boolean>) =>
  build({
    entryPoints: all.map(module => join(dist, module)),
    supported,
    outbase: dist,
    outdir: target,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: esmTwin },
    plugins: [
      {
        name: 'file by file',
        setup: bundler => {
          bundler.onResolve({ filter: /.*/ }, ({ path, kind, importer }) => {
            const isOurs = kind !== 'entry-point' && importer.startsWith(dist)
            return isOurs && !esmOnly.includes(path) ? { external: true, path } : undefined
          })
        },
      },
    ],
  })

await asCommonJs(modules.filter(isOfWorkers), { 'dynamic-import': false })
await asCommonJs(
  modules.filter(module => !isOfWorkers(module)),
  {},
)

// Their declarations, and those of the modules that hold types only.
const open = entries.map(entry => entry.replace(/\.js$/, '.d.ts'))
const declarations = new Set<string>()
for (let file = open.pop(); file !== undefined; file = open.pop()) {
  if (declarations.has(file)) continue
  declarations.add(file)
  const text = readFileSync(join(dist, file), 'utf8')
  for (const [, name = ''] of text.matchAll(/(?:from |import\(|^import )'(\.[^']+)'/gm)) {
    open.push(posix.join(posix.dirname(file), name.replace(/\.[jt]s$/, '.d.ts')))
  }
  mkdirSync(dirname(join(target, file)), { recursive: true })
  copyFileSync(join(dist, file), join(target, file))
}
writeFileSync(join(target, 'package.json'), '{ "type": "commonjs" }\n')
