/** What the documents show compiles: each block of TypeScript, against the package's own sources. */

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { blockProject, blocksIn, type DocBlock, inDocument } from './doc-blocks.ts'
import { filesIn, repository, textOf } from './sources.ts'

const pages = ['README.md', ...filesIn('docs').filter(path => path.endsWith('.md'))]
const entries = {
  'lib/index.ts': '',
  'lib/testing.ts': '/testing',
  'lib/lambda.ts': '/lambda',
  'cdk/job-runner.ts': '/cdk',
}

/** The package's names for its modules, as its users write them. */
const surroundings = Object.entries(entries).reduce(
  (text, [path, name]) => text.replaceAll(`'../../../${path}'`, `'lamplighter${name}'`),
  textOf('test/support/tooling/doc-surroundings.ts'),
)

/** Packages that documents use and this repository does not. */
const strangers = `
declare module '@aws-sdk/lib-dynamodb' {
  export interface DynamoDBDocumentClient { send(command: TransactWriteCommand): Promise<object> }
  export class TransactWriteCommand { constructor(input: { readonly TransactItems: readonly object[] }); readonly input: object }
}
declare module '@opentelemetry/api' {
  interface Span { recordException(error: Error): void; end(): void }
  export const context: { active(): object }
  export const propagation: { inject(context: object, carrier: object): void; extract(context: object, carrier: object): object }
  export const trace: {
    getTracer(name: string): {
      startActiveSpan<T>(name: string, options: object, context: object, run: (span: Span) => T): T
    }
  }
}
`

const settings = {
  extends: join(repository, 'tsconfig.json'),
  compilerOptions: {
    // As people's own settings, where ours ask for more.
    noUnusedLocals: false,
    noUnusedParameters: false,
    noPropertyAccessFromIndexSignature: false,
    noImplicitOverride: false,
    paths: Object.fromEntries(
      Object.entries(entries).map(([path, name]) => [`lamplighter${name}`, [join(repository, path)]]),
    ),
  },
  include: ['**/*.ts'],
  exclude: ['node_modules'],
}

/** @returns what the compiler says, by the documents' lines */
async function faultsIn(blocks: readonly DocBlock[]): Promise<readonly string[]> {
  const project = blockProject(blocks, surroundings)
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-blocks-'))
  const files = { ...project.files, 'doc-surroundings.ts': surroundings, 'strangers.d.ts': strangers }
  try {
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction')
    for (const [path, text] of Object.entries({
      ...files,
      'tsconfig.json': JSON.stringify(settings),
      'package.json': '{ "type": "module" }',
    })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    await promisify(execFile)(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '-p', folder], {
      cwd: folder,
      timeout: 100_000,
    })
    return []
  } catch (error) {
    const { stdout = '' } = error as { readonly stdout?: string }
    const lines = stdout.split('\n').filter(line => /error TS/.test(line))
    if (lines.length === 0) throw error
    return lines.map(line => inDocument(line, project))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the blocks of TypeScript in the documents', () => {
  it('compile', async () => {
    const blocks = pages.flatMap(page => blocksIn(page, textOf(page)))
    expect(blocks.length).toBeGreaterThan(40)
    expect(await faultsIn(blocks)).toEqual([])
  }, 120_000)

  it('the gate names document and line of what does not', async () => {
    const page =
      "# Page\n\n```ts\nawait client.enqueue(sendMail, { to: 1 })\n```\n\n```ts\nnew JobRunner(this, 'Jobs', {\n  runner,\n  aluth: true,\n})\n```\n"
    expect(await faultsIn(blocksIn('docs/page.md', page))).toEqual([
      expect.stringMatching(/^docs\/page\.md:4: error TS2322: .*'number'/),
      expect.stringMatching(/^docs\/page\.md:10: error TS2353: .*'aluth'/),
    ])
  }, 120_000)

  it('the gate finds a name that a page takes for granted, and nobody gives', async () => {
    const named = '```ts\n// src/jobs.ts\nexport const made = 1\n```\n```ts\nconsole.log(made, lost)\n```\n'
    expect(await faultsIn(blocksIn('docs/page.md', named))).toEqual([
      expect.stringMatching(/^docs\/page\.md:6: error TS2304: .*'lost'/),
    ])
  }, 120_000)
})
