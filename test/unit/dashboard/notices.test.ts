import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundlePage, noticesOf } from '../../../lib/dashboard/bundle-page.ts'

const root = mkdtempSync(join(tmpdir(), 'lamplighter-notices-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function packageAt(path: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, 'node_modules', path)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return join(folder, 'index.js')
}

describe('notices', () => {
  it('hold the licence of each package once, by name; of files of our own nothing', () => {
    const b = packageAt('@b/b', { 'package.json': '{"name":"@b/b","version":"2.0.0","license":"ISC"}', LICENCE: 'B’s' })
    const a = packageAt('a', {
      'package.json': '{"name":"a","version":"1.2.3","license":"MIT"}',
      'license.md': 'A’s\n',
    })
    const inner = packageAt('a/hooks', { 'package.json': '{"name":"hooks"}' })
    const text = noticesOf([b, a, inner, join(root, 'main.ts')])
    expect(text).toBe(
      `This page contains code of these packages.\n\n@b/b 2.0.0 (ISC)\n\nB’s\n\n${'-'.repeat(72)}\n\na 1.2.3 (MIT)\n\nA’s\n`,
    )
  })

  it('are refused where a package has no licence text', () => {
    const bare = packageAt('bare', { 'package.json': '{"name":"bare","version":"1.0.0"}' })
    expect(() => noticesOf([bare])).toThrow('bare 1.0.0 is bundled into the page, and has no licence text')
  })

  it('of the page name Preact and the client of OpenID Connect, with who holds their rights', async () => {
    const files = await bundlePage()
    const text = String(files['/assets/notices.txt'])
    expect(text.match(/^\S+ \d+\.\d+\.\S+ \(.+\)$/gm)).toEqual([
      expect.stringMatching(/^oauth4webapi .*\(MIT\)$/),
      expect.stringMatching(/^preact .*\(MIT\)$/),
    ])
    expect(text.match(/Copyright/g)?.length).toBeGreaterThanOrEqual(2)
    expect(text).toContain('The above copyright notice and this permission notice shall be included in all')
  })
})
