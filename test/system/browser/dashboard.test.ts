/** The dashboard in a real browser, on a real local stack with this repository's jobs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
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

async function post(job: object): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${stack.url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(job) })
  return ((await response.json()) as { id: string }).id
}

beforeAll(async () => {
  const site = dashboardSite(await pageFiles(), { target: 'local', isLocal: true, canAct: true })
  stack = await startDevStack({ ...application, dataDir: folder, site, tickMs: 1_000 })
  id = await post({ type: 'summarise-csv', input: { csv: `a\n${hostile}\n` } })
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

describe('a chart', () => {
  /** How many points of the first chart are opaque and black, as a canvas draws when it is told nothing. */
  const blackOf = (page: Page): Promise<unknown> =>
    page.evaluate(`(() => {
      const canvas = document.querySelector('.chart canvas')
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let [black, all] = [0, 0]
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] === 255) all += 1
        if (data[i + 3] === 255 && data[i] + data[i + 1] + data[i + 2] < 60) black += 1
      }
      return { black, isDrawn: all > 500 }
    })()`)

  it('is drawn in the colours of the scheme, also of one that comes later', async () => {
    const page = await browser.newPage({ colorScheme: 'light' })
    await page.goto(stack.pageUrl)
    const canvas = page.locator('.chart canvas')
    await canvas.waitFor()
    const light = await canvas.screenshot()
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(() => blackOf(page)).toEqual({ black: 0, isDrawn: true })
    expect(await canvas.screenshot()).not.toEqual(light)
    await page.close()
  })

  it('says the same as text: a sentence, and a table', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/queues/default`)
    const chart = page.locator('figure').filter({ hasText: 'Ended a minute' })
    await expect
      .poll(() => chart.getByRole('img').getAttribute('aria-label'), { timeout: 20_000 })
      .toMatch(/[1-9]\d* (completed|failed)/)
    await chart.getByText('As a table').click()
    await chart.getByRole('columnheader', { name: 'completed' }).waitFor()
    expect(await chart.getByRole('row').count()).toBeGreaterThan(1)
    await page.close()
  })

  it('the range is in the address, and back goes back', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/queues/default`)
    await page.getByRole('link', { name: '7 days' }).click()
    await page.locator('figure').filter({ hasText: 'Ended an hour' }).waitFor()
    expect(new URL(page.url()).search).toBe('?range=week')
    await page.goBack()
    await page.locator('figure').filter({ hasText: 'Ended a minute' }).waitFor()
    await page.close()
  })
})

describe('a queue', () => {
  it('is paused with a reason and for a time, and resumed', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/queues/webhooks`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByLabel('Why, for those').fill(hostile)
    await page.getByLabel('For how long').fill('2 years')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Pause' }).click()
    // The refusal names the field; nothing was paused.
    await dialog.getByRole('alert').getByText('for').waitFor()
    await page.getByLabel('For how long').fill('2h')
    await dialog.getByRole('button', { name: 'Pause' }).click()
    const told = page.locator('p.warn').filter({ hasText: 'Paused' })
    await told.getByText('<img src=x').waitFor()
    expect(await told.textContent()).toContain('it goes on in 1 h')
    await page.getByRole('button', { name: 'Resume' }).click()
    await dialog.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await page.close()
  })

  it('takes another concurrency, and the one of the code again', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/queues/webhooks`)
    const value = page.getByText('batches at once', { exact: true }).locator('..').locator('dd')
    const dialog = page.getByRole('dialog')
    const set = async (text: string): Promise<void> => {
      await page.getByRole('button', { name: 'Concurrency' }).click()
      await page.getByLabel('Batches').fill(text)
      await dialog.getByRole('button', { name: 'Concurrency' }).click()
    }
    await set('7')
    await expect.poll(() => value.textContent()).toMatch(/^7, set by .+; the code says \d+/)
    await set('')
    await expect.poll(() => value.textContent()).not.toContain('set by')
    await page.close()
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

describe('a job that has ended', () => {
  it('has its life as steps, and the same as a table', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    const made = await post({
      type: 'deliver-webhook',
      input: { url: 'https://127.0.0.1:1/', body: 1 },
      maxAttempts: 1,
    })
    await page.goto(`${stack.url}/jobs/${made}`)
    const steps = page.getByRole('region', { name: 'Timeline' }).getByRole('listitem')
    await expect
      .poll(() => steps.allTextContents(), { timeout: 30_000 })
      .toEqual([
        expect.stringContaining('enqueued'),
        expect.stringContaining('waited'),
        expect.stringMatching(/^1 ✕failed/),
        expect.stringContaining('failed'),
      ])
    await page.getByRole('region', { name: 'Ended runs' }).getByRole('cell', { name: 'failed' }).waitFor()
    await page.close()
  })

  it('is retried with changed input, checked before it is sent', async () => {
    const made = await post({ type: 'summarise-csv', input: { csv: 'a\n1\n' } })
    const shown = async () =>
      (await (await fetch(`${stack.url}/v1/jobs/${made}`)).json()) as Readonly<Record<string, unknown>>
    await expect.poll(async () => (await shown())['state'], { timeout: 30_000 }).toBe('COMPLETED')
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    // The schemas of this repository's jobs are valibot's, which give no JSON Schema.
    const inputSchema = z.toJSONSchema(z.strictObject({ csv: z.string().min(3).describe(hostile) }))
    await page.route('**/v1/types/summarise-csv', route =>
      route.fulfill({ json: { type: 'summarise-csv', inputSchema } }),
    )
    const retries: unknown[] = []
    page.on('request', request => request.method() === 'POST' && retries.push(request.postDataJSON()))
    await page.goto(`${stack.url}/jobs/${made}`)
    await page.getByRole('button', { name: 'Retry with' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('csv').fill('b')
    const faults = await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(one => one.id))`)
    expect(faults).toEqual([])
    await dialog.getByRole('button', { name: 'Retry with' }).click()
    await dialog.getByText('input csv must have at least 3 characters').waitFor()
    expect(retries).toEqual([])
    await dialog.getByLabel('csv').fill('b\n2\n')
    await dialog.getByRole('button', { name: 'Retry with' }).click()
    await expect.poll(async () => (await shown())['generation']).toBe(2)
    expect([retries, (await shown())['input']]).toEqual([[{ input: { csv: 'b\n2\n' } }], { csv: 'b\n2\n' }])
    await page.close()
  })

  it('without a schema its input is JSON, and what is none is not sent', async () => {
    const page = await browser.newPage()
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/jobs/${id}`)
    await page.getByRole('button', { name: 'Retry with' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Input, as JSON').fill('{"csv": ')
    await dialog.getByRole('button', { name: 'Retry with' }).click()
    expect(await dialog.getByRole('alert').textContent()).toContain('This is no JSON')
    await page.close()
  })
})

describe('a schedule', () => {
  it('shows its week, and is backfilled after a count', async () => {
    const json = { 'content-type': 'application/json' }
    const options = { type: 'summarise-csv', input: { csv: 'a\n1\n' }, cron: '0 * * * *', timezone: 'Europe/Berlin' }
    await fetch(`${stack.url}/v1/schedules/hourly`, { method: 'PUT', headers: json, body: JSON.stringify(options) })
    const page = await browser.newPage({ timezoneId: 'UTC' })
    await page.goto(stack.pageUrl)
    await page.goto(`${stack.url}/schedules`)
    await page.getByRole('link', { name: 'hourly' }).click()
    const week = page.getByRole('region', { name: 'Week of hourly' })
    await week.getByLabel('to come').first().waitFor()
    await page.getByRole('link', { name: 'week after' }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get('week')).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    const faults = await page.evaluate(
      `${axe}; axe.run().then(({ violations }) => violations.map(one => one.id + ' ' + one.nodes[0].html))`,
    )
    expect(faults).toEqual([])
    await page.getByRole('row').filter({ hasText: 'hourly' }).getByRole('button', { name: 'Backfill' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('From').fill('2026-03-28T20:00:00')
    await dialog.getByLabel('To').fill('2026-03-29T03:00:00')
    await dialog.getByRole('button', { name: 'Count first' }).click()
    // Eight hours, also over the night in which the clocks go forward.
    await dialog.getByText('8 occurrences, of which 0 have their job: 8 jobs').waitFor({ timeout: 40_000 })
    await dialog.getByRole('button', { name: 'Enqueue them' }).click()
    const done = async (): Promise<unknown> => {
      const answer = await fetch(`${stack.url}/v1/bulk?limit=1`)
      return ((await answer.json()) as { bulks: readonly { counts: { done: number } }[] }).bulks[0]?.counts.done
    }
    await expect.poll(done, { timeout: 40_000 }).toBe(8)
    await fetch(`${stack.url}/v1/schedules/hourly`, { method: 'DELETE' })
    await page.close()
  }, 120_000)
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
    await page
      .getByRole('dialog')
      .getByText(/\d+ FAILED jobs of deliver-webhook/)
      .waitFor({ timeout: 30_000 })
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await shown()).generation, { timeout: 40_000 }).toBe(2)
    await page.close()
  }, 120_000)
})

it('shows no act to those who may only look', async () => {
  const page = await browser.newPage()
  await page.goto(stack.pageUrl)
  const acts = page.locator('main').getByRole('button')
  await page.goto(`${stack.url}/jobs/${id}`)
  await acts.first().waitFor()
  await page.route('**/assets/served.json', route =>
    route.fulfill({ json: { target: 'prod', isLocal: false, canAct: false } }),
  )
  for (const path of paths()) {
    await page.goto(`${stack.url}${path}`)
    await page.locator('h1').first().waitFor()
    await page.waitForTimeout(500)
    expect([path, await acts.count(), await page.title()]).toEqual([path, 0, '[prod] Lamplighter'])
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

  /** What a page of its own asks, at which times. */
  const askedBy = async (path: string): Promise<readonly number[]> => {
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
    await page.close()
    return times
  }

  it('at most five in any ten seconds, from the first on, on each page', async () => {
    // All at once: each of them has the focus and is in view, as if it were alone.
    await Promise.all(
      ['/', `/jobs/${waiting}`, '/live'].map(async path => {
        const times = await askedBy(path)
        const most = Math.max(...times.map(from => times.filter(at => at >= from && at < from + 10_000).length))
        expect([path, times.length > 1, most <= 5 ? 'at most 5' : most]).toEqual([path, true, 'at most 5'])
      }),
    )
  }, 120_000)
})
