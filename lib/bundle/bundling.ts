/** How a function becomes the one file that Lambda loads. A test of the bundles holds it to its budget. */
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions, Metafile } from 'esbuild'

const thisFile = fileURLToPath(import.meta.url)
/** Ends as this file does: in `.ts` in the repository, in `.js` in the published package. */
const besides = (name: string): string => join(dirname(thisFile), `${name}${extname(thisFile)}`)
const standIn = besides('no-profile-credentials')

/**
 * A dependency that is still CommonJS may `require` a module of Node, or read its own path. An ES module has neither
 * `require`, `__filename` nor `__dirname`, so the bundle defines them. The paths are those of the bundle itself.
 */
const commonJsNames = [
  "import{createRequire as nodeRequire}from'node:module'",
  "import{fileURLToPath as nodeFile}from'node:url'",
  "import{dirname as nodeDirectory}from'node:path'",
  'const require=nodeRequire(import.meta.url),__filename=nodeFile(import.meta.url),__dirname=nodeDirectory(__filename)',
].join(';')

/**
 * Options for esbuild; the caller adds `entryPoints` and `outfile` (`….mjs`). The AWS SDK is bundled, because the copy
 * in Lambda's runtime changes without notice.
 */
export const bundling = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The SDK's CommonJS builds cannot be shaken.
  mainFields: ['module', 'main'],
  minify: true,
  metafile: true,
  legalComments: 'none',
  banner: { js: `${commonJsNames};` },
  // Lambda gives credentials by environment (or a container address). Profiles, sign-on and assumed roles are for
  // people's machines, EC2's metadata is for EC2: a quarter of the SDK, 119 KB less in each bundle.
  alias: {
    '@aws-sdk/endpoint-cache': besides('no-endpoint-cache'),
    '@aws-sdk/credential-provider-ini': standIn,
    '@aws-sdk/credential-provider-process': standIn,
    '@aws-sdk/credential-provider-sso': standIn,
    '@aws-sdk/credential-provider-web-identity': standIn,
    '@smithy/credential-provider-imds': standIn,
  },
} as const satisfies BuildOptions

/** For functions that run none of the application's handlers: 13 KB less. */
export const serviceBundling = {
  ...bundling,
  alias: { ...bundling.alias, '@smithy/core/event-streams': besides('no-event-streams') },
} as const satisfies BuildOptions

/**
 * Code that is imported late becomes a file of its own; its name is a hash of what it holds. A cold start does not read
 * it: handlers may import a large library where they need it, as we do with what a plain run has no use for.
 */
export const splitInto = (folder: string) =>
  ({
    outdir: folder,
    splitting: true,
    entryNames: 'index',
    outExtension: { '.js': '.mjs' },
  }) as const satisfies BuildOptions

/**
 * For functions that fire no schedule: with this constant `schedule()` checks nothing, and esbuild leaves cron grammar
 * and calendar out (57 KB). Without it, as in tests or under another bundler, they check their schedules.
 */
export const noCalendar = { 'process.env.LAMPLIGHTER_BUNDLE': '"no-calendar"' } as const

type Outputs = Metafile['outputs']

export const bytesAtStart = (outputs: Outputs): number =>
  outputsAtStart(outputs).reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0)

/** What a start loads: the entry, and whatever it imports without waiting for it. */
export function outputsAtStart(outputs: Outputs): readonly string[] {
  const entry = Object.keys(outputs).find(path => basename(path) === 'index.mjs')
  const seen = new Set<string>()
  const open = entry === undefined ? [] : [entry]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    open.push(...(outputs[path]?.imports ?? []).filter(isStatic).map(one => one.path))
  }
  return [...seen]
}

const isStatic = ({ kind, external }: Outputs[string]['imports'][number]): boolean =>
  kind === 'import-statement' && external !== true
