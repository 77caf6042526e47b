/** Compares the list of rooms in docs/architecture.md with the folders that exist and with what they import. */

export interface Room {
  readonly path: string
  /** Rooms that it may import, as the list names them: `core`, `values`, `functions/jobs.ts`. */
  readonly imports: readonly string[]
}

/** The rows of the list: a path in the first column, the rooms it may import in the last. */
export function roomsIn(document: string): readonly Room[] {
  const list = /<!-- rooms -->([^]*?)<!-- end of rooms -->/.exec(document)?.[1] ?? ''
  const rows = list.split('\n').filter(line => line.startsWith('| `'))
  return rows.map(row => {
    const cells = row.split('|').slice(1, -1)
    const names = (cell: string | undefined) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    return { path: names(cells[0])[0] ?? '', imports: names(cells.at(-1)) }
  })
}

/** Rooms that a set of files makes: the folders up to two names below lib, up to one below the others. */
export function foldersOf(files: readonly string[]): readonly string[] {
  const folders = files.flatMap(file => {
    const parts = file.split('/').slice(0, -1)
    const deepest = parts[0] === 'lib' ? 3 : 2
    return parts.slice(0, deepest).map((_, index) => parts.slice(0, index + 1).join('/'))
  })
  return [...new Set(folders)].filter(folder => !['packages', 'test'].includes(folder)).toSorted()
}

const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/')

/** Whether an entry of the list, written short, stands for the file. */
const names = (entry: string, file: string): boolean =>
  ['', 'lib/', 'lib/core/', 'cdk/'].some(prefix => {
    const path = `${prefix}${entry}`
    return file === path || file.startsWith(`${path}/`)
  })

/** One line for each room that is missing or too many, and for each import that the list does not allow. */
export function roomFaults(
  rooms: readonly Room[],
  files: readonly string[],
  importsOf: (file: string) => readonly string[],
): readonly string[] {
  const folders = foldersOf(files)
  const listed = rooms.map(({ path }) => path)
  const importing = rooms.flatMap(({ path, imports }) => {
    const inside = files.filter(file => folderOf(file) === path)
    const targets = new Set(inside.flatMap(file => importsOf(file).filter(target => folderOf(target) !== path)))
    const refused = [...targets].filter(target => !imports.some(entry => names(entry, target)))
    return refused.map(target => `${path} imports ${target}, which its line in docs/architecture.md does not allow`)
  })
  return [
    ...folders
      .filter(folder => !listed.includes(folder))
      .map(folder => `${folder} has no line in docs/architecture.md`),
    ...listed.filter(path => !folders.includes(path)).map(path => `${path} is in docs/architecture.md, and not there`),
    ...listed.filter((path, index) => listed.indexOf(path) !== index).map(path => `${path} has two lines`),
    ...importing,
  ]
}
