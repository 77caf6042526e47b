/** The dashboard of the lamps on a real local stack, and a real browser; both end with the file that uses them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { pageFiles } from '../../../lib/dashboard/bundle-page.ts'
import { dashboardSite } from '../../../lib/dashboard/site.ts'
import { type DevStack, startDevStack } from '../../../lib/dev/dev-stack.ts'
import { lamps } from '../../support/fixtures/lamps/lamps.ts'

export const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Its parts are there once the tests run. */
export function lampsPage(): { readonly stack: DevStack; readonly browser: Browser } {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-page-'))
  const parts: { stack?: DevStack; browser?: Browser } = {}
  beforeAll(async () => {
    const site = dashboardSite(await pageFiles(), { target: 'local', isLocal: true, canAct: true })
    parts.stack = await startDevStack({ ...lamps, dataDir: folder, site, tickMs: 1_000 })
    const executablePath = process.env['LAMPLIGHTER_CHROMIUM'] ?? ''
    parts.browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await parts.browser?.close()
    await parts.stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const started = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('the stack has not started')
    return part
  }
  return {
    get stack() {
      return started(parts.stack)
    },
    get browser() {
      return started(parts.browser)
    },
  }
}
