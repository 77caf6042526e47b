/**
 * Compares tables that name another system's calls or behaviours with this repository: what stands beside each must exist,
 * and so must the test that shows it.
 *
 * A table stands between `<!-- parity -->` and `<!-- end of parity -->`, with three columns:
 * - theirs: one or more code spans
 * - ours: code spans (`client.list`, `GET /v1/jobs`, `lamplighter jobs list`, `ctx.commit`, an option's name), or –
 * - shown by: a link for each test, `[its title](../../test/behaviour/lists.test.ts)`; of a row with –, why there is none
 */
import { posix } from 'node:path'

export interface ParityRow {
  readonly theirs: string
  readonly ours: readonly string[]
  readonly tests: readonly { readonly title: string; readonly link: string }[]
  /** What the last column says, without its links. */
  readonly reason: string
}

/** What this repository has. */
export interface Known {
  /** `list`, `queues.pause`. */
  readonly clientCalls: ReadonlySet<string>
  /** `GET /v1/jobs/{id}`. */
  readonly routes: ReadonlySet<string>
  /** `jobs list`. */
  readonly commands: ReadonlySet<string>
  /** Whether the public code declares such a name: an option, a member of a context, a function. */
  readonly isDeclared: (name: string) => boolean
  /** Undefined where there is no such file. */
  readonly textOf: (path: string) => string | undefined
}

const spansIn = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span)
const linkForm = /\[([^\]]+)\]\(([^)\s]+)\)/g

/** The rows of all tables of a document. */
export function parityRows(document: string): readonly ParityRow[] {
  const tables = [...document.matchAll(/<!-- parity -->([^]*?)<!-- end of parity -->/g)].map(([, table = '']) => table)
  const lines = tables.flatMap(table =>
    table
      .split('\n')
      .filter(line => line.startsWith('|'))
      .slice(2),
  )
  return lines.map(line => {
    const [theirs = '', ours = '', last = ''] = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map(cell => cell.trim())
    const tests = [...last.matchAll(linkForm)].map(([, title = '', link = '']) => ({ title, link }))
    return { theirs, ours: spansIn(ours), tests, reason: last.replaceAll(linkForm, '').trim() }
  })
}

/** The least that counts as a reason. */
const minReasonWords = 3

/** One line for each thing that a row names and that is not there. */
export function parityFaults(path: string, rows: readonly ParityRow[], known: Known): readonly string[] {
  return rows.flatMap(row => {
    const faultsOf = (faults: readonly string[]) => faults.map(fault => `${path}, ${row.theirs}: ${fault}`)
    if (row.ours.length === 0) {
      const isSaid = row.reason.split(/\s+/).length >= minReasonWords
      return faultsOf(isSaid ? [] : ['neither a call of ours nor a reason'])
    }
    const missing = row.ours.filter(span => !isThere(span, known)).map(span => `there is no ${span}`)
    const untested = row.tests.length === 0 ? ['no test is named'] : []
    return faultsOf([...missing, ...untested, ...row.tests.flatMap(test => testFaults(path, test, known))])
  })
}

function isThere(span: string, { clientCalls, routes, commands, isDeclared }: Known): boolean {
  const [, call] = /^client\.([\w.]+)/.exec(span) ?? []
  if (call !== undefined) return clientCalls.has(call)
  const [, route] = /^((?:GET|POST|PUT|PATCH|DELETE) \/[^?\s]*)/.exec(span) ?? []
  if (route !== undefined) return routes.has(route)
  const [, command] = /^lamplighter ([a-z]+(?: [a-z][a-z-]*)*)/.exec(span) ?? []
  if (command !== undefined) return commands.has(command)
  const names = span.match(/[A-Za-z]\w*/g) ?? []
  return names.length > 0 && names.every(isDeclared)
}

function testFaults(path: string, { title, link }: ParityRow['tests'][number], { textOf }: Known): readonly string[] {
  const file = posix.join(posix.dirname(path), link)
  const text = textOf(file)
  if (text === undefined) return [`there is no ${file}`]
  return titlesIn(text).includes(title) ? [] : [`${file} has no test ‘${title}’`]
}

/** The first argument of each call whose second is a function: `it('…', async () => …)`, also behind `each`. */
const titlesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)+)\1,\s*(?:async\b|\(|\w+ =>)/g)].map(
    ([, quote = '', title = '']) => title.replaceAll(`\\${quote}`, quote),
  )
