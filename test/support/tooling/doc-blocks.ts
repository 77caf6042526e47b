/**
 * The TypeScript blocks of the documents as programs that a compiler can read. A block whose first line names its file
 * (`// src/jobs.ts`) is that file of its page; the others see what the page's files and `doc-surroundings.ts` export.
 */
import { posix } from 'node:path'

export interface DocBlock {
  readonly page: string
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly code: string
}

/** Of a project of all blocks: path → text. Each line of a block is one line further down than in `code`. */
export interface BlockProject {
  readonly files: Readonly<Record<string, string>>
  readonly blockOf: ReadonlyMap<string, DocBlock>
}

export function blocksIn(page: string, text: string): readonly DocBlock[] {
  return [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map(({ index, 1: code = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length + 1,
    code,
  }))
}

const fileNamed = ({ code }: DocBlock): string | undefined => /^\/\/ ([\w./-]+\.ts)\b/.exec(code)?.[1]

/** Statements, which may take several lines. */
const imports = /^import\b[^]*?from '[^']+'$/gm

const exportsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^export (?:declare )?(?:const|function|class|interface|type) (\w+)/gm)].map(
    ([, name = '']) => name,
  )

/** Names that a block makes itself, at its top or within. */
const declaredIn = (code: string): ReadonlySet<string> =>
  new Set([
    ...[...code.matchAll(/\b(?:const|let|function|class) (\w+)/g)].map(([, name = '']) => name),
    ...[...code.matchAll(/^(?:import (?:type )?|const )[{*]([^]*?)(?:\}|from)/gm)].flatMap(
      ([, list = '']) => list.match(/\w+/g) ?? [],
    ),
  ])

/** @param surroundings text of doc-surroundings.ts, which lies at the top of the project */
export function blockProject(blocks: readonly DocBlock[], surroundings: string): BlockProject {
  const files: Record<string, string> = {}
  const blockOf = new Map<string, DocBlock>()
  for (const [page, own] of Map.groupBy(blocks, ({ page: of }) => of)) {
    const folder = page.replace(/\.md$/, '')
    const named = own.filter(block => fileNamed(block) !== undefined)
    const around: readonly Source[] = [
      ...named.map(block => ({ path: posix.join(folder, fileNamed(block) ?? ''), names: exportsOf(block.code) })),
      { path: 'doc-surroundings.ts', names: exportsOf(surroundings) },
    ]
    for (const [index, block] of own.entries()) {
      const path = posix.join(folder, fileNamed(block) ?? `src/block-${index}.ts`)
      files[path] = programOf(
        path,
        block,
        around.filter(source => source.path !== path),
      )
      blockOf.set(path, block)
    }
  }
  // What a page imports and does not show.
  const shown = new Set(Object.keys(files))
  for (const [path, text] of Object.entries({ ...files })) {
    for (const [, name = ''] of text.matchAll(/from '(\.[^']+)'/g)) {
      const target = posix.join(posix.dirname(path), name)
      if (target !== 'doc-surroundings.ts' && !shown.has(target)) files[target] = `export * from '${up(target)}'\n`
    }
  }
  return { files, blockOf }
}

interface Source {
  readonly path: string
  readonly names: readonly string[]
}

const up = (from: string): string => `${'../'.repeat(from.split('/').length - 1)}doc-surroundings.ts`

/** One line of imports, and then the block, line by line. Within a construct, where it uses `this`. */
function programOf(path: string, { code }: DocBlock, around: readonly Source[]): string {
  const words = new Set(code.match(/\b\w+\b/g))
  const taken = new Set(declaredIn(code))
  const given = around.flatMap(({ path: from, names }) => {
    const used = names.filter(name => words.has(name) && !taken.has(name))
    for (const name of used) taken.add(name)
    const specifier = posix.relative(posix.dirname(path), from)
    return used.length === 0 ? [] : [`import { ${used.join(', ')} } from './${specifier}'`]
  })
  if (!/\bthis\b/.test(code)) return `${given.join('; ')}; export {}\n${code}`
  const own = (code.match(imports) ?? []).map(one => one.replaceAll(/\s+/g, ' '))
  const body = code.replaceAll(imports, one => one.replaceAll(/[^\n]/g, ''))
  const first = [...given, ...own, "import { Stack as Around } from 'aws-cdk-lib'"].join('; ')
  return `${first}; export class Block extends Around { make() {\n${body}}}\n`
}

/** `docs/a.md:12: …` for what the compiler says of a file of the project. */
export function inDocument(diagnostic: string, { blockOf }: BlockProject): string {
  const [, path = '', line = '', rest = diagnostic] = /^([^(]+)\((\d+),\d+\): (.*)$/.exec(diagnostic) ?? []
  const block = blockOf.get(path)
  return block === undefined ? diagnostic : `${block.page}:${block.line + Number(line) - 2}: ${rest}`
}
