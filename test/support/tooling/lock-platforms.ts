/**
 * Completes package-lock.json for the platforms this machine could not see.
 *
 * npm writes only those platform packages into the lockfile that the registry it talked to could give it. On a
 * mirror that carries one platform the rest are left out, and `npm ci` then refuses everywhere. This adds the missing
 * entries by name (version, os, cpu, libc, optional; no address), which is all that npm needs to skip or fetch them.
 * Run it after a dependency changed: `node test/support/tooling/lock-platforms.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const cpus = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** `@scope/binding-linux-x64-musl` → linux, x64, musl: platform packages carry their platform in the name. */
function platformOf(name: string): Entry {
  const words = name
    .replace(/^@[^/]+\//, '')
    .replace(/^@?dynoxide\//, '')
    .split(/[-.]/)
  const os = systems.find(system => words.includes(system) || (system === 'win32' && words.includes('windows')))
  const cpu = cpus.find(arch => words.includes(arch))
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined
  return {
    ...(os === undefined ? {} : { os: [os] }),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(libc === undefined || os !== 'linux' ? {} : { libc: [libc] }),
  }
}

const path = new URL('../../../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Entry> }
let added = 0
for (const [key, owner] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(owner.optionalDependencies ?? {})) {
    if (Object.keys(lock.packages).some(other => other.endsWith(`node_modules/${name}`))) continue
    const version = range.replace(/^[\^~]/, '')
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(owner.dev === true ? { dev: true } : {}),
      optional: true,
    }
    added += 1
    if (!/^\d+\.\d+\.\d+/.test(version)) console.warn(`${key} asks for ${name}@${range}: not an exact version`)
  }
}
const [root, ...rest] = Object.entries(lock.packages)
if (root === undefined) throw new Error('package-lock.json lists no packages')
lock.packages = Object.fromEntries([root, ...rest.toSorted(([a], [b]) => a.localeCompare(b, 'en'))])
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} platform packages added to package-lock.json`)
