/**
 * The lockfiles as this project wants them: no addresses, so that any registry will do, and an entry for every platform.
 * Whether it agrees with package.json is for npm to say: `npm run lock` asks both.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Entry {
  readonly resolved?: string
  readonly link?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** What is wrong with the text of a package-lock.json, a sentence for each fault. */
export function faultsOf(text: string): readonly string[] {
  const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Entry>> }
  const names = Object.keys(packages)
  return Object.entries(packages).flatMap(([path, entry]) => [
    ...(entry.resolved === undefined || entry.link === true ? [] : [`${path} carries an address`]),
    ...Object.keys(entry.optionalDependencies ?? {})
      .filter(name => !names.some(other => other.endsWith(`node_modules/${name}`)))
      .map(name => `${path === '' ? 'package.json' : path} wants ${name}, which has no entry`),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = ['package-lock.json', 'docs/package-lock.json'].flatMap(path =>
    faultsOf(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).map(fault => `${path}: ${fault}`),
  )
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) console.error('After a change of dependencies: node test/support/tooling/lock-platforms.ts')
  process.exitCode = faults.length > 0 ? 1 : 0
}
