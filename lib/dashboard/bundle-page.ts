/** Makes the three files of the dashboard: at the package's build, and at each start from this repository. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** By the path under which each is served. */
export type PageFiles = Readonly<Record<'/index.html' | '/assets/app.js' | '/assets/app.css', Buffer>>

const sourceOf = (name: string): string => fileURLToPath(new URL(`page/${name}`, import.meta.url))

/** @throws when esbuild is not installed, or refuses the source */
export async function bundlePage(): Promise<PageFiles> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    // Not the folder of whoever runs this, which may hold settings of its own.
    absWorkingDir: sourceOf('.'),
    entryPoints: { app: sourceOf('main.tsx'), style: sourceOf('app.css') },
    bundle: true,
    minify: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  })
  const output = (ending: string): Buffer =>
    Buffer.from(outputFiles.find(({ path }) => path.endsWith(ending))?.contents ?? new Uint8Array())
  return {
    '/index.html': readFileSync(sourceOf('index.html')),
    '/assets/app.js': output('app.js'),
    '/assets/app.css': output('style.css'),
  }
}

const built = (name: string): Buffer => readFileSync(new URL(`../../dashboard/${name}`, import.meta.url))

/** The files as the package has them; made on the spot where this runs from its source. */
export async function pageFiles(): Promise<PageFiles> {
  if (existsSync(sourceOf('main.tsx'))) return bundlePage()
  return { '/index.html': built('index.html'), '/assets/app.js': built('app.js'), '/assets/app.css': built('app.css') }
}
