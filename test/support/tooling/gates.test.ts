/** Each gate is shown a violation and must refuse it; the same files without it must pass. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, manifestWith, type Project, projectOf } from '../project.ts'
import { ground, type Planted, planted, using } from './planted.ts'

const projects: Project[] = []

function plant(files: Readonly<Record<string, string>>): Project {
  const project = projectOf(files)
  projects.push(project)
  return project
}

afterAll(() => {
  for (const project of projects) project.remove()
})

function tree(side: 'wrong' | 'right'): Readonly<Record<string, string>> {
  return { ...ground, ...Object.fromEntries(planted.map(one => [one.file, one[side]])) }
}

describe('the linter', () => {
  let found: Ended
  let clean: Ended
  let diagnostics: readonly { readonly code?: string; readonly filename: string }[]

  beforeAll(async () => {
    ;[found, clean] = await Promise.all([
      plant(tree('wrong')).run('oxlint', '--format', 'json'),
      plant(tree('right')).run('oxlint', '--format', 'json'),
    ])
    diagnostics = (JSON.parse(found.stdout) as { diagnostics: typeof diagnostics }).diagnostics
  })

  it('fails', () => expect(found.code).toBe(1))

  it.each(planted)('refuses: $gate', ({ file, rule }: Planted) => {
    expect(diagnostics.filter(one => one.filename === file).map(one => one.code)).toContain(rule)
  })

  it('reports nothing else', () => {
    const expected = new Set(planted.map(one => one.file).concat('lib/app/chain.ts', 'lib/app/type-chain.ts'))
    expect(diagnostics.filter(one => !expected.has(one.filename))).toEqual([])
  })

  it('passes the same files without the violations', () => {
    expect(JSON.parse(clean.stdout)).toMatchObject({ diagnostics: [] })
    expect(clean.code).toBe(0)
  })
})

interface Gate {
  readonly gate: string
  readonly tool: readonly [string, ...string[]]
  readonly wrong: Readonly<Record<string, string>>
  readonly right: Readonly<Record<string, string>>
  /** What the tool says about the violation. */
  readonly says: RegExp
}

const entry = { 'lib/index.ts': "import { used } from './used.ts'\n\nexport const value = used\n" }
const usedFile = { ...entry, 'lib/used.ts': 'export const used = 1\n' }
const typeTest = (text: string): Readonly<Record<string, string>> => ({
  'test/types/value.test-d.ts': `import { expectTypeOf, it } from 'vitest'\n\nit('is a text', () => expectTypeOf<${text}>().toEqualTypeOf<string>())\n`,
})
const test = (sum: number): Readonly<Record<string, string>> => ({
  'test/sum.test.ts': `import { expect, it } from 'vitest'\n\nit('adds', () => expect(1 + 1).toBe(${sum}))\n`,
})

const gates: readonly Gate[] = [
  {
    gate: 'the formatter: double quotes',
    tool: ['biome', 'check', '.'],
    wrong: { 'lib/format.ts': 'export const value = "on"\n' },
    right: { 'lib/format.ts': "export const value = 'on'\n" },
    says: /lib\/format\.ts format/,
  },
  {
    gate: 'the formatter: imports out of order',
    tool: ['biome', 'check', '.'],
    wrong: {
      'lib/sort.ts':
        "import { b } from '../../tooling/b.ts'\nimport { a } from '../../tooling/a.ts'\n\nexport const value = [a, b]\n",
    },
    right: {
      'lib/sort.ts':
        "import { a } from '../../tooling/a.ts'\nimport { b } from '../../tooling/b.ts'\n\nexport const value = [a, b]\n",
    },
    says: /lib\/sort\.ts.*organizeImports/,
  },
  {
    gate: 'the type checker: a text that is a number',
    tool: ['tsc', '--noEmit'],
    wrong: { 'lib/type.ts': "export const value: number = 'on'\n" },
    right: { 'lib/type.ts': "export const value: string = 'on'\n" },
    says: /lib\/type\.ts.*TS2322/,
  },
  {
    gate: 'knip: an export that nobody imports',
    tool: ['knip'],
    wrong: { ...entry, 'lib/used.ts': 'export const used = 1\n\nexport const unused = 2\n' },
    right: usedFile,
    says: /unused +lib\/used\.ts/,
  },
  {
    gate: 'knip: a file that nobody imports',
    tool: ['knip'],
    wrong: { ...usedFile, 'lib/lonely.ts': 'export const value = 1\n' },
    right: usedFile,
    says: /Unused files[^]*lib\/lonely\.ts/,
  },
  {
    gate: 'knip: a file of lib that only tests import',
    tool: ['knip', '--production', '--include', 'files'],
    wrong: { ...usedFile, 'lib/tested.ts': 'export const value = 1\n', 'test/value.ts': using('../lib/tested.ts') },
    right: usedFile,
    says: /Unused files[^]*lib\/tested\.ts/,
  },
  {
    gate: 'knip: a dependency that nobody imports',
    tool: ['knip'],
    wrong: { ...usedFile, 'package.json': manifestWith({ ms: '2.1.3' }) },
    right: usedFile,
    says: /Unused dependencies[^]*ms /,
  },
  {
    gate: 'knip: a package that package.json does not name',
    tool: ['knip'],
    wrong: { 'lib/index.ts': "import ms from 'ms'\n\nexport const value = ms(1)\n" },
    right: usedFile,
    says: /Unlisted dependencies[^]*ms /,
  },
  {
    gate: 'the tests: one that fails',
    tool: ['vitest', 'run'],
    wrong: test(3),
    right: { ...test(2), ...typeTest('string') },
    says: /1 failed/,
  },
  {
    gate: 'the type tests: a wrong type',
    tool: ['vitest', 'run'],
    wrong: { ...test(2), ...typeTest('number') },
    right: { ...test(2), ...typeTest('string') },
    says: /TypeCheckError/,
  },
]

describe('the other tools', () => {
  const run = ([name, ...args]: Gate['tool'], files: Gate['wrong']): Promise<Ended> => plant(files).run(name, ...args)

  it.each(gates)('$gate', async ({ tool, wrong, right, says }) => {
    const [found, clean] = await Promise.all([run(tool, wrong), run(tool, right)])
    expect(found.stdout + found.stderr).toMatch(says)
    expect(found.code).not.toBe(0)
    expect(clean.code, clean.stdout + clean.stderr).toBe(0)
  })
})
