/** Finds environment variables that a document does not list, or lists in vain. */

/** Whole names: `LAMPLIGHTER_` and what follows. */
export const variablesIn = (text: string): readonly string[] => text.match(/\bLAMPLIGHTER(?:_[A-Z]+)+\b/g) ?? []

/** @param page a variable has a line if the page names it in a table */
export function variableFaults(page: string, read: ReadonlySet<string>): readonly string[] {
  const rows = page.split('\n').filter(line => line.startsWith('|'))
  const listed = new Set(rows.flatMap(row => variablesIn(row.split(' | ', 1)[0] ?? '')))
  return [
    ...[...read].filter(name => !listed.has(name)).map(name => `${name} is read and has no line`),
    ...[...listed].filter(name => !read.has(name)).map(name => `${name} has a line and nobody reads it`),
  ]
}
