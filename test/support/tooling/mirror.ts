/** Finds files of lib that have no test of their own name, and are not on the list of those that need none. */
import { stripTypeScriptTypes } from 'node:module'

export interface Unmirrored {
  /** Interfaces and types: nothing that runs. */
  readonly typesOnly: readonly string[]
  /** Test file → files of lib that it covers by its imports. */
  readonly coveredBy: Readonly<Record<string, readonly string[]>>
  /** Started by path, bundled, or installed as a package: no import leads there. File → test. */
  readonly loadedByPath: Readonly<Record<string, string>>
}

export interface Tree {
  readonly lib: readonly string[]
  readonly tests: ReadonlySet<string>
  readonly textOf: (path: string) => string
  readonly reachedFrom: (test: string) => ReadonlySet<string>
}

export const mirrorOf = (path: string): string => path.replace(/^lib\//, 'test/unit/').replace(/\.ts$/, '.test.ts')

const runsNothing = (text: string): boolean =>
  stripTypeScriptTypes(text)
    .replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
    .replaceAll(/export\s*\{\s*\}/g, '')
    .replaceAll(';', '')
    .trim() === ''

/** One line for each file of lib without a test, and for each entry of the list that is not true. */
export function mirrorFaults(tree: Tree, list: Unmirrored): readonly string[] {
  const covered = Object.entries(list.coveredBy).flatMap(([test, files]) => files.map(file => [file, test] as const))
  const byPath = Object.entries(list.loadedByPath)
  const listed = [...list.typesOnly, ...covered.map(([file]) => file), ...byPath.map(([file]) => file)]
  const known = new Set(listed)
  const lib = new Set(tree.lib)
  const hasMirror = (path: string): boolean => tree.tests.has(mirrorOf(path))
  const isFileWith = (path: string): boolean => lib.has(path)
  return [
    ...tree.lib
      .filter(path => !hasMirror(path) && !known.has(path))
      .map(path => `${path} has no test: write ${mirrorOf(path)}, or add it to unmirrored.ts with its reason`),
    ...listed.filter((path, index) => listed.indexOf(path) !== index).map(path => `${path} is listed twice`),
    ...listed.filter(path => !isFileWith(path)).map(path => `${path} is listed and does not exist`),
    ...listed.filter(hasMirror).map(path => `${path} is listed although ${mirrorOf(path)} exists`),
    ...list.typesOnly
      .filter(path => isFileWith(path) && !runsNothing(tree.textOf(path)))
      .map(path => `${path} is listed as types only, and holds code`),
    ...[...covered, ...byPath]
      .filter(([, test]) => !tree.tests.has(test))
      .map(([path, test]) => `${path} is listed with ${test}, which does not exist`),
    ...covered
      .filter(([path, test]) => isFileWith(path) && tree.tests.has(test) && !tree.reachedFrom(test).has(path))
      .map(([path, test]) => `${path} is listed with ${test}, which does not import it, directly or not`),
  ]
}
