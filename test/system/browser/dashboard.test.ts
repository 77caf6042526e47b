/** The dashboard in a real browser, on a real local stack with this repository's jobs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { application } from '../../../functions/local/application.ts'
import { pageFiles } from '../../../lib/dashboard/bundle-page.ts'
import { dashboardSite } from '../../../lib/dashboard/site.ts'
import { type DevStack, startDevStack } from '../../../lib/dev/dev-stack.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const hostile = '<img src=x onerror="document.title=1">\u001b[31m'
const folder = mkdtempSync(join(tmpdir(), 'lamplighter-dashboard-'))
let stack: DevStack
let browser: Browser
let id: string

beforeAll(async () => {
  const site = dashboardSite(await pageFiles(), { target: 'local', isLocal: true, canAct: true })
  stack = await startDevStack({ ...application, dataDir: folder, site, tickMs: 1_000 })
  const response = await fetch(`${stack.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'summarise-csv', input: { csv: `a\n${hostile}\n` } }),
  })
  id = ((await response.json()) as { id: string }).id
  browser = await chromium.launch({ executablePath: process.env['LAMPLIGHTER_CHROMIUM'] ?? '', args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser.close()
  await stack.stop()
  rmSync(folder, { recursive: true, force: true })
})

const paths = (): readonly string[] => [
  '/',
  '/queues',
  '/queues/default',
  '/jobs',
  `/jobs/${id}`,
  '/errors',
  '/schedules',
  '/live',
]

describe.each(['light', 'dark'] as const)('the dashboard in %s', colorScheme => {
  it('each page: rendered, without a word in the console, without a fault of accessibility', async () => {
    const context = await browser.newContext({ colorScheme })
    const page = await context.newPage()
    const said: string[] = []
    page.on('console', message => said.push(message.text()))
    page.on('pageerror', error => said.push(error.message))
    await page.goto(stack.pageUrl)
    for (const path of paths()) {
      await page.goto(`${stack.url}${path}`)
      await page.locator('h1').first().waitFor()
      await page.waitForTimeout(700)
      const faults = await page.evaluate(
        `${axe}; axe.run().then(({ violations }) => violations.map(one => one.id + ' ' + one.nodes[0].html))`,
      )
      expect([path, faults, said]).toEqual([path, [], []])
    }
    await context.close()
  })
})

describe('a job', () => {
  it('its content stays text', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/jobs/${id}`)
    await page.getByText('Input', { exact: true }).click()
    expect(await page.locator('pre').first().textContent()).toContain('<img src=x')
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).toBe('[local] Lamplighter')
    await page.close()
  })

  it('is retried by keyboard alone', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/jobs/${id}`)
    await page.getByRole('button', { name: 'Retry', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Enter')
    const generation = page.getByText('generation', { exact: true }).locator('..').locator('dd')
    await expect.poll(() => generation.textContent(), { timeout: 15_000 }).toBe('2')
    await page.close()
  })
})

describe('a group of errors', () => {
  it('is retried by keyboard alone', async () => {
    const response = await fetch(`${stack.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'deliver-webhook',
        input: { url: 'https://127.0.0.1:1/', body: {} },
        maxAttempts: 1,
      }),
    })
    const made = (await response.json()) as { id: string }
    const shown = async () => (await (await fetch(`${stack.url}/v1/jobs/${made.id}`)).json()) as { generation: number }
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/errors`)
    const button = page
      .getByRole('row')
      .filter({ hasText: 'deliver-webhook' })
      .getByRole('button', { name: 'Retry all' })
    await button.waitFor({ timeout: 40_000 })
    // From the top of the document, as somebody without a mouse gets there.
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab')
      if ((await button.and(page.locator(':focus')).count()) === 1) break
    }
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('1 FAILED jobs of deliver-webhook').waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await shown()).generation, { timeout: 40_000 }).toBe(2)
    await page.close()
  }, 120_000)
})

it('shows no act to those who may only look', async () => {
  const page = await browser.newPage()
  await page.goto(stack.pageUrl)
  const acts = page.getByRole('button')
  await page.goto(`${stack.url}/jobs/${id}`)
  await acts.first().waitFor()
  await page.route('**/assets/served.json', route =>
    route.fulfill({ json: { target: 'prod', isLocal: false, canAct: false } }),
  )
  for (const path of paths()) {
    await page.goto(`${stack.url}${path}`)
    await page.locator('h1').first().waitFor()
    await page.waitForTimeout(500)
    expect([path, await acts.count(), await page.title()]).toEqual([path, 0, 'Lamplighter'])
  }
  await page.close()
})

describe('requests', () => {
  let waiting: string

  beforeAll(async () => {
    const response = await fetch(`${stack.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'summarise-csv', input: { csv: 'a\n1\n' }, delay: '2h' }),
    })
    waiting = ((await response.json()) as { id: string }).id
  })

  it('at most five in any ten seconds, from the first on, on each page', async () => {
    for (const path of ['/', `/jobs/${waiting}`, '/live']) {
      const page = await browser.newPage()
      await page.goto(stack.pageUrl)
      // What the first page still asks does not count.
      await page.goto('about:blank')
      const times: number[] = []
      page.on('request', request => {
        if (request.url().includes('/v1/')) times.push(Date.now())
      })
      await page.goto(`${stack.url}${path}`)
      await page.waitForTimeout(21_000)
      const most = Math.max(...times.map(from => times.filter(at => at >= from && at < from + 10_000).length))
      expect([path, times.length > 1, most <= 5 ? 'at most 5' : most]).toEqual([path, true, 'at most 5'])
      await page.close()
    }
  }, 120_000)
})
