/** What the documents say of the repository is compared with it. */
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { citedIn, definedIn, invariantFaults } from './invariants.ts'
import { linkFaults } from './links.ts'
import { type Room, roomFaults, roomsIn } from './rooms.ts'
import { filesIn, importsOf, repository, textOf } from './sources.ts'
import { variableFaults, variablesIn } from './variables.ts'

const documents = [
  'README.md',
  'CHANGELOG.md',
  'test/README.md',
  ...filesIn('docs').filter(path => path.endsWith('.md')),
]
const code = filesIn('lib', 'functions', 'cdk', 'test').filter(path => path.endsWith('.ts'))
const ownTest = 'test/support/tooling/docs.test.ts'
/** A name of an old version, which a test sets to see that it does nothing. */
const inventedByTests = new Set(['LAMPLIGHTER_ALLOW_PRIVATE_ADDRESSES'])

describe('the rooms in docs/architecture.md', () => {
  it('are the folders that exist, and import what the list says', () => {
    const rooms = roomsIn(textOf('docs/architecture.md'))
    const files = filesIn('lib', 'functions', 'cdk', 'packages', 'test')
    const imports = (file: string) =>
      /^(?:lib|functions|cdk)\/.*\.ts$/.test(file) ? importsOf(file, textOf(file)) : []
    expect(rooms.length).toBeGreaterThan(30)
    expect(roomFaults(rooms, files, imports)).toEqual([])
  })

  it.each<[string, readonly Room[], string]>([
    ['a folder that is not listed', [], 'lib has no line'],
    ['a line without a folder', [{ path: 'cdk/attic', imports: [] }], 'cdk/attic is in docs/architecture.md'],
    ['an import that is not allowed', [{ path: 'lib/app', imports: ['core'] }], 'lib/app imports lib/aws/store.ts'],
  ])('the gate finds %s', (_, rooms, fault) => {
    const imports = (file: string) => (file === 'lib/app/use.ts' ? ['lib/aws/store.ts', 'lib/core/job/job.ts'] : [])
    const faults = roomFaults(rooms, ['lib/app/use.ts'], imports)
    expect(faults).toContainEqual(expect.stringContaining(fault))
  })

  it('the gate passes a list that is true', () => {
    const list = '<!-- rooms -->\n| `lib` | – |\n| `lib/app` | use cases | `core` |\n<!-- end of rooms -->'
    expect(roomFaults(roomsIn(list), ['lib/app/use.ts'], () => ['lib/core/job/job.ts'])).toEqual([])
  })
})

describe('the invariants', () => {
  const texts = new Map([...code, ...documents].filter(path => path !== ownTest).map(path => [path, textOf(path)]))

  it('that are cited are defined in docs/invariants.md, each once', () => {
    expect(invariantFaults(textOf('docs/invariants.md'), texts)).toEqual([])
  })

  it('are cited somewhere, each of I1 to I20', () => {
    const cited = new Set([...texts].flatMap(([path, text]) => (path === 'docs/invariants.md' ? [] : citedIn(text))))
    expect(definedIn(textOf('docs/invariants.md')).filter(number => !cited.has(number))).toEqual([])
  })

  it('the gate finds a number that is not defined, or twice', () => {
    const document = '## I1 One\n\n## I2 Two\n\n## I2 Again\n'
    expect(
      invariantFaults(document, new Map([['a.ts', '/** As (I1, I21) say. UI5, I-3 and I100 are none. */']])),
    ).toEqual(['I2 is defined twice', 'a.ts cites I21, which docs/invariants.md does not define'])
  })
})

describe('the index of the documents', () => {
  it('lists each once', () => {
    const index = textOf('docs/README.md')
    const listed = [...index.matchAll(/^- \[[^\]]+\]\(([^)]+)\)/gm)].map(([, path = '']) => `docs/${path}`)
    const own = documents.filter(path => path.startsWith('docs/') && path !== 'docs/README.md')
    expect(listed.toSorted()).toEqual(own.toSorted())
  })
})

describe('the environment variables', () => {
  const ofUsers = filesIn('lib', 'functions', 'cdk', 'packages').filter(path => /\.(?:ts|tsx|js|mjs)$/.test(path))
  const ofTests = [...code, '.ci/run'].filter(path => path !== ownTest && !ofUsers.includes(path))
  const namesIn = (paths: readonly string[]): ReadonlySet<string> =>
    new Set(paths.flatMap(path => variablesIn(textOf(path))))

  it('that the code reads are in the reference, and no others', () => {
    const section =
      textOf('docs/reference.md')
        .split(/^## /m)
        .find(text => text.startsWith('Environment variables')) ?? ''
    expect(variableFaults(section, namesIn(ofUsers))).toEqual([])
  })

  it('of the tests are in test/README.md, and no others', () => {
    const known = namesIn(ofUsers)
    const own = new Set([...namesIn(ofTests)].filter(name => !known.has(name) && !inventedByTests.has(name)))
    expect(variableFaults(textOf('test/README.md'), own)).toEqual([])
  })

  it('the gate finds a variable without a line, and a line without a variable', () => {
    const page = '| `LAMPLIGHTER_OLD_ONE` | x |\n| `LAMPLIGHTER_TABLE`, `LAMPLIGHTER_TABLES` | y |\n'
    expect(variableFaults(page, new Set(['LAMPLIGHTER_TABLE', 'LAMPLIGHTER_NEW']))).toEqual([
      'LAMPLIGHTER_NEW is read and has no line',
      'LAMPLIGHTER_OLD_ONE has a line and nobody reads it',
      'LAMPLIGHTER_TABLES has a line and nobody reads it',
    ])
  })
})

describe('the links between documents', () => {
  const exists = (path: string) => existsSync(posix.join(repository, path))

  it('lead to files and headings that exist', () => {
    expect(documents.flatMap(path => linkFaults(path, textOf, exists))).toEqual([])
  })

  it('the gate finds a file and a heading that do not exist', () => {
    const page =
      '# One\n\n## The `tick`, again\n\n[a](#the-tick-again) [b](#gone) [c](../x.md) [d](https://a.example)\n'
    const known = (path: string) => path === 'docs/a.md'
    expect(linkFaults('docs/a.md', () => page, known)).toEqual([
      'docs/a.md links to #gone: no such heading',
      'docs/a.md links to ../x.md: no such file',
    ])
  })
})
