/** The repository's own files as the gates see them: their names, their text, and what each imports. */
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** Files below the given folders, `/` between names; without what is installed or built. */
export function filesIn(...folders: readonly string[]): readonly string[] {
  const found = globSync(
    folders.map(folder => `${folder}/**/*.*`),
    { cwd: repository, exclude: ['**/node_modules/**', '**/dist/**', '**/cdk.out/**'] },
  )
  return found.map(path => path.replaceAll('\\', '/')).toSorted()
}

export const textOf = (path: string): string => readFileSync(posix.join(repository, path), 'utf8')

/** Relative imports of a TypeScript text, as paths of the repository; `import()` and re-exports too. */
export function importsOf(path: string, text: string): readonly string[] {
  const specifiers = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'(\.[^']+\.ts)'/g)
  return [...specifiers].map(([, specifier = '']) => posix.join(posix.dirname(path), specifier))
}

/** All files that a file reaches by imports, itself included. */
export function reachedFrom(path: string, imports: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([path])
  // A set yields what is added while it is walked.
  for (const file of reached) for (const next of imports.get(file) ?? []) reached.add(next)
  return reached
}
