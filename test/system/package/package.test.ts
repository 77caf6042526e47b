/** The package as its users get it. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundlePage } from '../../../lib/dashboard/bundle-page.ts'
import { type Packed, pack } from './pack.ts'

const attw = fileURLToPath(new URL('../../../node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url))

interface Condition {
  readonly types: string
  readonly default: string
}

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<
    Record<string, string | Condition | { readonly import: Condition; readonly require: Condition }>
  >
  readonly typesVersions: Readonly<Record<'*', Readonly<Record<string, readonly string[]>>>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

let packed: Packed
let manifest: Manifest

beforeAll(async () => {
  packed = await pack()
  manifest = JSON.parse(packed.read('package.json')) as Manifest
})

afterAll(() => packed.remove())

/** Modules that a file's statements name, and a declaration's `import('…')` types. */
const namedIn = (file: string): readonly string[] => {
  const text = packed.read(file)
  const statements = text.matchAll(/^(?:import|export)\b(?:[^'"]*?\bfrom)?\s*['"]([^'"]+)['"]/gm)
  // An optional peer is loaded when it is needed, so that its absence gets a message.
  const required = text.matchAll(/\brequireHere\('([^']+)'\)/g)
  const types = file.endsWith('.d.ts') ? text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g) : []
  return [...statements, ...required, ...types].map(([, name = '']) => name)
}

interface Reach {
  /** Paths without ending. */
  readonly modules: readonly string[]
  readonly packages: readonly string[]
}

/** What is reached from these modules by the files of these endings. */
function reach(entries: readonly string[], endings: readonly ('.js' | '.d.ts')[]): Reach {
  const modules = new Set<string>()
  const packages = new Set<string>()
  const open = [...entries]
  for (let module = open.pop(); module !== undefined; module = open.pop()) {
    if (modules.has(module)) continue
    modules.add(module)
    for (const name of endings.flatMap(ending => namedIn(`${module}${ending}`))) {
      if (!name.startsWith('.')) packages.add(packageOf(name))
      // A declaration names the source, or the script.
      else open.push(posix.join(posix.dirname(module), name.replace(/\.[jt]s$/, '')))
    }
  }
  return { modules: [...modules].toSorted(), packages: [...packages].toSorted() }
}

const packageOf = (name: string): string => /^(node:.*|@[^/]+\/[^/]+|[^/]+)/.exec(name)?.[0] ?? name

/** Paths of the ES modules that people import, without ending. */
const entries = (): readonly string[] =>
  Object.values(manifest.exports).flatMap(entry => {
    if (typeof entry === 'string') return []
    return [('import' in entry ? entry.import.default : entry.default).slice(2, -3)]
  })

/** The program that people start, without ending. */
const programs = (): readonly string[] => Object.values(manifest.bin).map(file => file.slice(2, -3))

/** Those that people require. */
const required = (): readonly string[] =>
  Object.values(manifest.exports).flatMap(entry =>
    typeof entry === 'object' && 'require' in entry ? [entry.require.default.slice(2, -3)] : [],
  )

/** What the construct hands to the bundler by path. */
const loadedByPath = (): readonly string[] => [
  ...['api', 'dispatcher', 'reconciler', 'recorder', 'sweeper', 'system', 'worker'].map(
    kind => `dist/lib/lambda/${kind}`,
  ),
  'dist/lib/bundle/no-endpoint-cache',
  'dist/lib/bundle/no-event-streams',
  'dist/lib/bundle/no-profile-credentials',
  'dist/lib/bundle/probe-program',
]

/** What is loaded only when it is needed: to sign requests, to answer without an API, for the local stack, the dashboard. */
const loadedLate = [
  'dist/lib/aws/signed-fetch',
  'dist/lib/cli/table-target',
  'dist/lib/dashboard/hosted-page',
  'dist/lib/dev/dev-options',
  'dist/lib/dev/engines/supervisor-process',
  'dist/lib/dev/http/server',
  'dist/lib/dev/lambda/function-host',
  'dist/lib/dev/run-dev',
  'dist/lib/http/late-reads',
  'dist/lib/http/openapi-packed',
] as const

describe('what is in the package', () => {
  it('beside the code: licence, readme and changelog', () => {
    const others = packed.files.filter(file => !/^dist\/.*\.(js|d\.ts)$/.test(file))
    expect(others).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/cjs/package.json',
      'dist/dashboard/app.css',
      'dist/dashboard/index.html',
      'dist/dashboard/notices.txt',
      'package.json',
    ])
  })

  it('code: what its entries and the functions need, with types, and not a file more', async () => {
    const { modules } = reach([...entries(), ...programs(), ...loadedByPath(), ...loadedLate], ['.js', '.d.ts'])
    const expected = modules.flatMap(module => [`${module}.d.ts`, `${module}.js`]).toSorted()
    const code = packed.files.filter(file => /^dist\/.*\.(js|d\.ts)$/.test(file))
    // Scripts for browsers, bundled; nobody imports them.
    const scripts = Object.keys(await bundlePage()).filter(path => path.endsWith('.js'))
    expect(scripts).toContain('/assets/sign-in.js')
    expect(code.filter(file => file.startsWith('dist/dashboard/'))).toEqual(
      scripts.map(path => path.replace('/assets/', 'dist/dashboard/')).toSorted(),
    )
    expect(code.filter(file => !/^dist\/(cjs|dashboard)\//.test(file))).toEqual(expected)
  })

  it('the same code for those who require it, and declarations for each of its types', () => {
    const twins = required().map(module => module.replace('dist/cjs/', 'dist/'))
    const scripts = reach(twins, ['.js']).modules.map(module => `${module}.js`)
    const declarations = reach(twins, ['.d.ts']).modules.map(module => `${module}.d.ts`)
    const expected = [...scripts, ...declarations].map(file => file.replace('dist/', 'dist/cjs/')).toSorted()
    const copies = packed.files.filter(file => /^dist\/cjs\/.*\.(js|d\.ts)$/.test(file))
    expect(copies).toEqual(expected)
  })

  it('declarations that an old resolution finds, for each entry', () => {
    const found = Object.entries(manifest.typesVersions['*'])
    expect(found.map(([name]) => `./${name}`)).toEqual(
      Object.keys(manifest.exports).filter(name => /^\.\/\w+$/.test(name)),
    )
    for (const [, [file = '']] of found) expect(packed.files).toContain(file.slice(2))
  })

  it('no path of a source file, which is not there', () => {
    const scripts = packed.files.filter(file => file.endsWith('.js'))
    const withPath = scripts.filter(file => /['"`][^'"`\n ]*[\w}]\.ts['"`]/.test(withoutComments(packed.read(file))))
    expect(withPath).toEqual([])
  })
})

describe('the package of the engines', () => {
  it('brings licence, readme and types; each engine comes for its own platform only', async () => {
    const engines = await pack('packages/engines')
    const own = JSON.parse(engines.read('package.json')) as Manifest & { readonly version: string }
    engines.remove()
    expect(engines.files).toEqual(['LICENSE', 'README.md', 'index.d.ts', 'index.js', 'package.json'])
    expect(Object.keys(own.dependencies)).toEqual(['fauxqs'])
    expect(Object.keys(own.optionalDependencies ?? {}).every(name => name.startsWith('@dynoxide/'))).toBe(true)
    expect(own.version).toBe((JSON.parse(packed.read('package.json')) as typeof own).version)
  })
})

const withoutComments = (script: string): string => script.replaceAll(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '')

describe('what it needs', () => {
  const builtIn = (name: string): boolean => name.startsWith('node:')

  it('dependencies: the packages that its code imports, no more and no fewer', () => {
    const { packages } = reach([...entries(), ...programs(), ...loadedByPath(), ...loadedLate], ['.js'])
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
    // A package of types: no script imports it.
    expect([...packages.filter(name => !builtIn(name)), '@standard-schema/spec'].toSorted()).toEqual(
      declared.toSorted(),
    )
    expect(manifest.optionalDependencies).toBeUndefined()
  })

  it('the CDK and the bundler for the construct only', () => {
    const others = entries().filter(file => !file.startsWith('dist/cdk/'))
    const { packages } = reach([...others, ...loadedByPath()], ['.js'])
    expect(Object.keys(manifest.peerDependencies).filter(name => packages.includes(name))).toEqual([])
  })

  it('the command line: no CDK and nothing of AWS', () => {
    expect(reach(programs(), ['.js']).packages.filter(name => !builtIn(name))).toEqual([
      'commander',
      'croner',
      'esbuild',
      'fast-string-width',
      'ms',
      'uuid',
    ])
  })

  it('the test kit: nothing of AWS, and no engine', () => {
    expect(reach(['dist/lib/testing'], ['.js']).packages.filter(name => !builtIn(name))).toEqual([
      'croner',
      'ms',
      'uuid',
    ])
  })
})

it('without esbuild, bundling says what to install', async () => {
  // Unpacked alone, the package finds no other one.
  const code = `import { bundle } from '${packed.folder}/dist/lib/bundle/bundle.js'; bundle('worker', '1')`
  const failed = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: packed.folder })
  await expect(failed).rejects.toThrow(
    /InvalidDefinition: esbuild is not installed, and bundling needs it: npm install --save-dev esbuild/,
  )
})

describe('what others say of it', () => {
  it('publint: nothing', async () => {
    const tarball = new Uint8Array(readFileSync(packed.tarball)).buffer
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
    expect(messages.map(message => formatMessage(message, pkg))).toEqual([])
  })

  it.each([
    ['by import', 'esm-only', ['.', './cdk', './testing', './lambda']],
    ['by require too', 'strict', ['.', './cdk', './testing']],
  ])('arethetypeswrong: nothing, %s', async (_, profile, names) => {
    // It ends with 1 when it has found something.
    const checked = promisify(execFile)(process.execPath, [
      attw,
      packed.tarball,
      '--profile',
      profile,
      '--entrypoints',
      ...names,
    ])
    const { stdout } = await checked
    for (const name of names) expect(stdout).toContain(posix.join('lamplighter', name))
  })
})
