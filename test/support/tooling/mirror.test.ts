import { describe, expect, it } from 'vitest'
import { mirrorFaults, type Tree, type Unmirrored } from './mirror.ts'
import { filesIn, importsOf, reachedFrom, textOf } from './sources.ts'
import { unmirrored } from './unmirrored.ts'

const files = filesIn('lib', 'test', 'functions', 'cdk').filter(path => path.endsWith('.ts'))
const imports = new Map(files.map(path => [path, importsOf(path, textOf(path))]))

it('each file of lib has a test of its own name, or is on the list with a reason that holds', () => {
  const tree: Tree = {
    lib: files.filter(path => path.startsWith('lib/')),
    tests: new Set(files.filter(path => /\.test(?:-d)?\.ts$/.test(path))),
    textOf,
    reachedFrom: test => reachedFrom(test, imports),
  }
  expect(mirrorFaults(tree, unmirrored)).toEqual([])
})

describe('the gate finds', () => {
  const texts: Readonly<Record<string, string>> = {
    'lib/a.ts': 'export const a = 1\n',
    'lib/types.ts': "/** Words; code. */\nimport type { a } from './a.ts'\n\nexport type A = typeof a\n",
  }
  const tree: Tree = {
    lib: Object.keys(texts),
    tests: new Set(['test/unit/b.test.ts']),
    textOf: path => texts[path] ?? '',
    reachedFrom: () => new Set(['lib/a.ts']),
  }
  const none: Unmirrored = { typesOnly: [], coveredBy: {}, loadedByPath: {} }
  const right: Unmirrored = {
    ...none,
    typesOnly: ['lib/types.ts'],
    coveredBy: { 'test/unit/b.test.ts': ['lib/a.ts'] },
  }

  it('nothing where the list is true', () => expect(mirrorFaults(tree, right)).toEqual([]))

  it.each<[string, Unmirrored, string]>([
    ['a file without a test', { ...right, coveredBy: {} }, 'lib/a.ts has no test'],
    [
      'an entry for no file',
      { ...right, typesOnly: ['lib/types.ts', 'lib/gone.ts'] },
      'lib/gone.ts is listed and does',
    ],
    ['an entry twice', { ...right, typesOnly: ['lib/types.ts', 'lib/types.ts'] }, 'lib/types.ts is listed twice'],
    ['code among the types', { ...none, typesOnly: ['lib/types.ts', 'lib/a.ts'] }, 'lib/a.ts is listed as types only'],
    [
      'a test that does not exist',
      { ...right, coveredBy: {}, loadedByPath: { 'lib/a.ts': 'test/x.test.ts' } },
      'lib/a.ts is listed with test/x.test.ts, which does not exist',
    ],
    [
      'a test that does not import the file',
      { ...none, coveredBy: { 'test/unit/b.test.ts': ['lib/a.ts', 'lib/types.ts'] } },
      'lib/types.ts is listed with test/unit/b.test.ts, which does not import it',
    ],
  ])('%s', (_, list, fault) => {
    expect(mirrorFaults(tree, list)).toEqual([expect.stringContaining(fault)])
  })

  it('an entry for a file that has its test', () => {
    const mirrored = { ...tree, tests: new Set([...tree.tests, 'test/unit/a.test.ts']) }
    expect(mirrorFaults(mirrored, right)).toEqual(['lib/a.ts is listed although test/unit/a.test.ts exists'])
  })
})
