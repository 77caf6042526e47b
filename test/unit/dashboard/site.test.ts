import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundlePage } from '../../../lib/dashboard/bundle-page.ts'
import type { PageFiles } from '../../../lib/dashboard/page-files.ts'
import { pagePaths } from '../../../lib/dashboard/page-paths.ts'
import { dashboardSite, type SiteAnswer } from '../../../lib/dashboard/site.ts'

let files: PageFiles
let site: (path: string) => SiteAnswer | undefined

beforeAll(async () => {
  files = await bundlePage()
  site = dashboardSite(files, { target: 'prod', isLocal: false, canAct: false })
})

describe('the files of the dashboard', () => {
  it('script of at most 45 KB and style of at most 8 KB, compressed', () => {
    const sizes = [gzipSync(files['/assets/app.js']).length, gzipSync(files['/assets/app.css']).length] as const
    console.log(`dashboard  ${sizes.join(' and ')} bytes`)
    expect(sizes[0]).toBeLessThanOrEqual(45 * 1024)
    expect(sizes[1]).toBeLessThanOrEqual(8 * 1024)
    expect(Math.min(...sizes)).toBeGreaterThan(500)
  })

  it('signing in is a file of its own, of at most 9 KB, which only a hosted page loads', () => {
    const signIn = files['/assets/sign-in.js'] ?? Buffer.alloc(0)
    console.log(`sign-in  ${gzipSync(signIn).length} bytes`)
    expect(gzipSync(signIn).length).toBeLessThanOrEqual(9 * 1024)
    expect(String(signIn)).toContain('code_challenge')
    expect(String(files['/assets/app.js'])).not.toContain('code_challenge')
    // Nothing that both need is a third file, for which every page would wait.
    expect(Object.keys(files).filter(path => path.includes('chunk'))).toEqual([])
  })

  it('the document has no script and no style of its own', () => {
    expect(files['/index.html'].toString()).not.toMatch(/<style|style=|<script[^>]*>[^<]|\son\w+=/i)
  })
})

describe('what is served', () => {
  it('each page that the dashboard links to: after a reload it is there as well', () => {
    const main = readFileSync(fileURLToPath(new URL('../../../lib/dashboard/page/main.tsx', import.meta.url)), 'utf8')
    const sections = [...main.matchAll(/^ {2}\['(\/\w*)', '\w+'\],$/gm)].map(([, path = '']) => path)
    expect(sections.length).toBeGreaterThan(4)
    expect(sections.filter(path => !pagePaths.some(one => one === path))).toEqual([])
  })

  it.each(['/', '/queues', '/queues/mails', '/jobs', '/jobs/01', '/errors', '/schedules', '/live'])(
    '%s is the document',
    path => {
      expect(site(path)?.body).toEqual(files['/index.html'])
      expect(site(path)?.headers).toContainEqual(['content-type', 'text/html; charset=utf-8'])
    },
  )

  it.each(['/v1/jobs', '/assets/main.tsx', '/assets/../site.ts', '/jobs/a/b', '/constructor', '/__proto__'])(
    '%s is not its own',
    path => expect(site(path)).toBeUndefined(),
  )

  it('each file has the exact policy and the type of its kind', () => {
    for (const [path, type] of [
      ['/', 'text/html; charset=utf-8'],
      ['/assets/app.js', 'text/javascript; charset=utf-8'],
      ['/assets/app.css', 'text/css; charset=utf-8'],
      ['/assets/served.json', 'application/json'],
    ] as const) {
      expect(Object.fromEntries(site(path)?.headers ?? [])).toEqual({
        'content-type': type,
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      })
    }
  })

  it('the page learns what it shows and whether it may act', () => {
    expect(JSON.parse(String(site('/assets/served.json')?.body))).toEqual({
      target: 'prod',
      isLocal: false,
      canAct: false,
    })
  })
})
