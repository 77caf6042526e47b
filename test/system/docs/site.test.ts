/** The documents as a site: every page is there, every link leads somewhere, and nothing comes from elsewhere. */
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesIn, repository, textOf } from '../../support/tooling/sources.ts'

const docs = join(repository, 'docs')
const vitepress = join(docs, 'node_modules/vitepress/bin/vitepress.js')
const folder = mkdtempSync(join(tmpdir(), 'lamplighter-docs-'))
const out = join(folder, 'site')

/** @throws with what VitePress says when it refuses */
const build = (root: string, outDir: string) =>
  promisify(execFile)(process.execPath, [vitepress, 'build', root, '--outDir', outDir], { timeout: 170_000 })

/** By its path in the site, such as `guides/schedules.html`. */
let pages: ReadonlyMap<string, string>

beforeAll(async () => {
  await build(docs, out)
  const names = globSync('**/*.html', { cwd: out })
  pages = new Map(names.map(name => [name.replaceAll('\\', '/'), readFileSync(join(out, name), 'utf8')]))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sources = filesIn('docs').filter(path => path.endsWith('.md'))
const nameOf = (source: string): string =>
  source === 'docs/README.md' ? 'index.html' : source.replace(/^docs\//, '').replace(/\.md$/, '.html')

const hrefsIn = (html: string): readonly string[] =>
  [...html.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, href = '']) => href)
const idsIn = (html: string): ReadonlySet<string> =>
  new Set([...html.matchAll(/\bid="([^"]*)"/g)].map(([, id = '']) => id))

/** Where a link of a page leads within the site; undefined where nothing is. */
function targetOf(page: string, path: string): string | undefined {
  const absolute =
    path === '' ? page : posix.join('/', posix.dirname(page), path.startsWith('/') ? `../../..${path}` : path).slice(1)
  return [absolute, `${absolute}.html`, posix.join(absolute, 'index.html')].find(
    name => pages.has(name) || name === 'openapi.json',
  )
}

describe('the site', () => {
  it('has a page for each document, under its title', () => {
    for (const source of sources) {
      const title = /^# (.+)$/m.exec(textOf(source))?.[1] ?? ''
      expect([source, pages.get(nameOf(source))?.includes(`<title>${title}`)]).toEqual([source, true])
    }
    expect([...pages.keys()].toSorted()).toEqual(['404.html', ...sources.map(nameOf)].toSorted())
  })

  it('lists each document once, in the order of the index', () => {
    const listed = [...textOf('docs/README.md').matchAll(/^- \[[^\]]+\]\((.+)\.md\)/gm)].map(
      ([, path = '']) => `/${path}`,
    )
    expect(listed.toSorted()).toEqual(
      sources
        .filter(one => one !== 'docs/README.md')
        .map(one => `/${nameOf(one).replace('.html', '')}`)
        .toSorted(),
    )
    const aside = /<aside class="VPSidebar"[^]*?<\/aside>/.exec(pages.get('reference.html') ?? '')?.[0] ?? ''
    expect(hrefsIn(aside)).toEqual(listed)
  })

  it('each link leads to a page, and to a heading that it has', () => {
    const faults = [...pages].flatMap(([page, html]) =>
      hrefsIn(html).flatMap(href => {
        if (/^[a-z]+:/.test(href)) return []
        const [path = '', anchor] = href.split('#')
        const target = targetOf(page, path)
        if (target === undefined) return [`${page}: ${href}`]
        const isFound = anchor === undefined || idsIn(pages.get(target) ?? '').has(decodeURIComponent(anchor))
        return isFound ? [] : [`${page}: ${href} has no such heading`]
      }),
    )
    expect(pages.size).toBeGreaterThan(25)
    expect(faults).toEqual([])
  })

  it('loads nothing from another site', () => {
    const loaded = [...pages].flatMap(([page, html]) =>
      [...html.matchAll(/<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)="((?:https?:)?\/\/[^"]*)"/g)].map(
        ([, url]) => `${page}: ${url}`,
      ),
    )
    const styles = globSync('assets/*.css', { cwd: out }).map(name => readFileSync(join(out, name), 'utf8'))
    expect(styles.length).toBeGreaterThan(0)
    expect([...loaded, ...styles.join('').matchAll(/url\(["']?https?:/g)]).toEqual([])
  })

  it('is searched on the spot: its index knows the words of the documents', () => {
    const scripts = globSync('assets/chunks/*localSearchIndex*.js', { cwd: out }).map(name =>
      readFileSync(join(out, name), 'utf8'),
    )
    expect(scripts).toHaveLength(1)
    for (const word of ['idempotencyconflict', 'berlin', 'webhook']) {
      expect([word, scripts[0]?.toLowerCase().includes(word)]).toEqual([word, true])
    }
  })
})

it('a link to a page that does not exist stops the build', async () => {
  const root = join(folder, 'planted')
  mkdirSync(join(root, '.vitepress'), { recursive: true })
  copyFileSync(join(docs, '.vitepress/config.ts'), join(root, '.vitepress/config.ts'))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(root, 'openapi.json'), '{}')
  symlinkSync(join(docs, 'node_modules'), join(root, 'node_modules'), 'junction')
  writeFileSync(join(root, 'README.md'), '# Docs\n\n## Begin\n\n- [There](there.md): a page\n')
  writeFileSync(join(root, 'there.md'), '# There\n\n[back](README.md)\n')
  await expect(build(root, join(folder, 'whole'))).resolves.toBeDefined()
  writeFileSync(join(root, 'there.md'), '# There\n\n[nowhere](gone.md)\n')
  await expect(build(root, join(folder, 'broken'))).rejects.toThrow(/dead link/)
  expect(dirname(root)).toBe(folder)
})
