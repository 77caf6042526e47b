/** Makes the files of the dashboard: at the package's build, and at each start from this repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type esbuild from 'esbuild'
import type { BuildOptions, BuildResult } from 'esbuild'
import { type PageFiles, readPage } from './page-files.ts'
import { dashboardSite, type Site } from './site.ts'

const sourceOf = (name: string): string => fileURLToPath(new URL(`page/${name}`, import.meta.url))

const options = () =>
  ({
    // Not the folder of whoever runs this, which may hold settings of its own.
    absWorkingDir: sourceOf('.'),
    entryPoints: { app: sourceOf('main.tsx'), style: sourceOf('app.css') },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    // What `import()` names is a file of its own, under its own name.
    splitting: true,
    chunkNames: '[name]',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  }) as const satisfies BuildOptions

/** @throws when esbuild is not installed, or refuses the source */
export async function bundlePage(): Promise<PageFiles> {
  const { build } = await import('esbuild')
  return filesOf(await build(options()))
}

const lastOf = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)

function filesOf({ outputFiles, metafile }: BuildResult<ReturnType<typeof options>>): PageFiles {
  const outputs = new Map(outputFiles.map(({ path, contents }) => [lastOf(path), Buffer.from(contents)]))
  const late = [...outputs].filter(([name]) => name !== 'app.js' && name !== 'style.css')
  return {
    '/index.html': readFileSync(sourceOf('index.html')),
    '/assets/app.js': outputs.get('app.js') ?? Buffer.alloc(0),
    '/assets/app.css': outputs.get('style.css') ?? Buffer.alloc(0),
    // The licences of what is bundled ask for it, in every copy: in the package, and with a page that is served.
    '/assets/notices.txt': Buffer.from(noticesOf(Object.keys(metafile.inputs).map(sourceOf))),
    ...Object.fromEntries(late.map(([name, bytes]) => [`/assets/${name}`, bytes] as const)),
  }
}

const built = (): PageFiles => readPage(new URL('../../dashboard/', import.meta.url))

/** The files as the package has them; made on the spot where this runs from its source. */
export const pageFiles = async (): Promise<PageFiles> => (isSource() ? bundlePage() : built())

/** The dashboard of a stack on this machine. */
export const localSite = async (): Promise<Site> =>
  dashboardSite(await pageFiles(), { target: 'local', isLocal: true, canAct: true })

const requireHere = createRequire(import.meta.url)

/** As `pageFiles`, for constructs of the CDK, which cannot wait. */
export function pageFilesNow(): PageFiles {
  if (!isSource()) return built()
  const { buildSync } = requireHere('esbuild') as typeof esbuild
  return filesOf(buildSync(options()))
}

const isSource = (): boolean => existsSync(sourceOf('main.tsx'))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/**
 * A text with the licence of each package that these files belong to, as the package has it.
 * @param files absolute paths of all that was bundled
 * @throws Error for a package without a licence text: nobody may publish it then
 */
export function noticesOf(files: readonly string[]): string {
  const folders = new Set(files.flatMap(file => packageFolderOf(file) ?? []))
  const notices = [...folders].map(folder => {
    const { name, version, license = 'no licence named' } = manifestIn(folder)
    const text = readdirSync(folder).find(file => /^(licen[cs]e|copying)(\.\w+)?$/i.test(file))
    if (text === undefined) throw new Error(`${name} ${version} is bundled into the page, and has no licence text`)
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, text), 'utf8').trim()}\n`
  })
  return `This page contains code of these packages.\n\n${notices.toSorted().join(`\n${'-'.repeat(72)}\n\n`)}`
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** The folder of the package that a file was installed with; undefined for a file of our own. */
function packageFolderOf(file: string): string | undefined {
  if (!/[\\/]node_modules[\\/]/.test(file)) return undefined
  let folder = dirname(file)
  // Packages have further manifests within them, which name no version.
  while (!isPackage(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return isPackage(folder) ? folder : undefined
}

const isPackage = (folder: string): boolean =>
  existsSync(join(folder, 'package.json')) && typeof manifestIn(folder).version === 'string'
