/** Limits on the dashboard: set, changed and taken away, who holds them and who waits. In a real browser on a real local lamp.stack. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { axe, lampsPage } from './lamps-page.ts'

const lamp = lampsPage()

interface Shown {
  readonly state: string
}

const json = { 'content-type': 'application/json' }

async function enqueued(
  type: string,
  input: object = {},
): Promise<{ readonly id: string; readonly shown: () => Promise<Shown> }> {
  const body = JSON.stringify({ type, input })
  const made = await fetch(`${lamp.stack.url}/v1/jobs`, { method: 'POST', headers: json, body })
  const { id } = (await made.json()) as { id: string }
  return { id, shown: async () => (await (await fetch(`${lamp.stack.url}/v1/jobs/${id}`)).json()) as Shown }
}

const faultsOf = (page: Page): Promise<unknown> =>
  page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(one => one.id + ' ' + one.nodes[0].html))`)

/** The page of a queue, and what somebody types into the form for its limit. */
async function queuePage(name: string) {
  const page = await lamp.browser.newPage()
  page.setDefaultTimeout(30_000)
  await page.goto(lamp.stack.pageUrl)
  await page.goto(`${lamp.stack.url}/queues/${name}`)
  /** The limit of the queue is among them. */
  const facts = page.getByRole('definition')
  const dialog = page.getByRole('dialog')
  const concurrency = dialog.getByLabel(/^Jobs at the same time/)
  const open = () => page.getByRole('button', { name: 'Limit', exact: true }).click()
  const send = () => dialog.getByRole('button', { name: 'Set the limit' }).click()
  const setTo = async (text: string): Promise<void> => {
    await open()
    await concurrency.fill(text)
    await send()
    await dialog.waitFor({ state: 'detached' })
  }
  return { page, facts, dialog, concurrency, open, send, setTo }
}

/** No fault of accessibility, and nothing wider than the screen: on a phone in the dark, and at a desk. */
async function fits(page: Page, name: string): Promise<void> {
  for (const [width, colorScheme] of [
    [360, 'dark'],
    [1_280, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 740 })
    await page.emulateMedia({ colorScheme })
    const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
    expect([name, width, colorScheme, await faultsOf(page), isWide]).toEqual([name, width, colorScheme, [], false])
  }
}

/** So many jobs are in line at a queue's gates. A page by itself asks again within 10 s: it is loaded anew. */
async function afterLine(page: Page, queue: string, count: number): Promise<void> {
  const waiting = async (): Promise<number> => {
    const answer = await fetch(`${lamp.stack.url}/v1/queues/${queue}/gates`)
    const { gates } = (await answer.json()) as {
      readonly gates: readonly { readonly waiting: { readonly count: number } }[]
    }
    return gates.reduce((sum, one) => sum + one.waiting.count, 0)
  }
  await expect.poll(waiting, { timeout: 30_000 }).toBe(count)
  await page.reload()
}

/** As a person at another screen. */
const limitElsewhere = (queue: string, limit: object | null) =>
  fetch(`${lamp.stack.url}/v1/queues/${queue}`, { method: 'PATCH', headers: json, body: JSON.stringify({ limit }) })

async function cancelled(jobs: readonly Awaited<ReturnType<typeof enqueued>>[]): Promise<void> {
  for (const { id } of jobs) await fetch(`${lamp.stack.url}/v1/jobs/${id}/cancel`, { method: 'POST', headers: json })
  for (const { shown } of jobs)
    await expect.poll(async () => (await shown()).state, { timeout: 30_000 }).toBe('CANCELLED')
}

describe('the form for a limit of a whole queue', () => {
  it('says at the field what is wrong with it, by its own checks and by those of the API', async () => {
    const { page, facts, dialog, concurrency, open, send } = await queuePage('shared')
    const sent: unknown[] = []
    page.on('request', request => request.method() === 'PATCH' && sent.push(request.postDataJSON()))
    await open()
    await concurrency.fill('0')
    await send()
    await dialog.getByText('a whole number from 1 to 100', { exact: true }).waitFor()
    expect(await concurrency.and(page.locator(':focus')).getAttribute('aria-describedby')).toBe(
      'limit-concurrency-wrong',
    )
    expect(sent).toEqual([])
    await fits(page, 'form')
    await concurrency.fill('')
    const [starts, per] = [dialog.getByLabel(/^Starts/), dialog.getByLabel(/^In a time/)]
    await starts.fill('5')
    await per.fill('soon')
    await send()
    // What a duration is, only the API knows.
    await expect.poll(() => per.and(page.locator(':focus')).getAttribute('aria-invalid')).toBe('true')
    expect(await dialog.locator('#limit-per-wrong').textContent()).toContain('limit.rate.per')
    expect(await concurrency.getAttribute('aria-invalid')).toBe('false')
    await per.fill('1 m')
    await send()
    await facts.getByText(/^5 starts per 1m, set by .+ ago; the code has none$/).waitFor()
    expect(sent.at(-1)).toEqual({ limit: { rate: { count: 5, per: '1m' } } })
    await page.getByRole('button', { name: 'Limit as in the code' }).click()
    await dialog.getByText('Afterwards nothing limits the queue').waitFor()
    await dialog.getByRole('button', { name: 'Take the limit away' }).click()
    await facts.getByText(/starts per 1m, set by/).waitFor({ state: 'detached' })
    expect(await page.getByRole('button', { name: 'Limit as in the code' }).count()).toBe(0)
    await page.close()
  })

  it('overrules nobody unseen: what somebody else did meanwhile is told, and asked about', async () => {
    const { page, facts, dialog, concurrency, open, send, setTo } = await queuePage('shared')
    await setTo('4')
    await facts.getByText(/^4 at a time, set by/).waitFor()
    await open()
    await concurrency.fill('7')
    await limitElsewhere('shared', { concurrency: 9 })
    await send()
    await dialog.getByRole('alert').getByText('Its limit is now: 9 at a time, set by').waitFor()
    const now = async () =>
      (await (await fetch(`${lamp.stack.url}/v1/queues/shared`)).json()) as { readonly limit?: object }
    expect((await now()).limit).toMatchObject({ concurrency: 9 })
    await send()
    await facts.getByText(/^7 at a time, set by/).waitFor()
    expect((await limitElsewhere('shared', null)).status).toBe(200)
    await page.close()
  })

  it('explains that a type of the queue has a limit of its own', async () => {
    const { page, dialog, concurrency, open, send } = await queuePage('doors')
    await open()
    await concurrency.fill('3')
    await send()
    const alert = dialog.getByRole('alert')
    await alert.getByText('a job has one limit, and these types of the queue have their own').waitFor()
    expect(await alert.textContent()).toMatch(/'?narrow'?.*Such a type needs a queue of its own/)
    await page.close()
  })
})

describe('a limit at which jobs wait', () => {
  it('of a queue: set, shown with who holds it and who is in line, on lists and jobs, changed, and taken away', async () => {
    const { page, facts, dialog, setTo } = await queuePage('long')
    await setTo('1')
    await facts.getByText(/^1 at a time, set by .*; the code has none$/).waitFor()
    const jobs = [await enqueued('patient'), await enqueued('patient'), await enqueued('patient')] as const
    const [first, , last] = jobs
    await afterLine(page, 'long', 2)
    const gates = page.getByRole('region', { name: 'Who holds them' })
    await gates.getByRole('row').filter({ hasText: '/long' }).getByText('2', { exact: true }).waitFor()
    await gates.getByRole('link', { name: '/long' }).click()
    const gate = page.getByRole('region', { name: 'Limit of /long' })
    await gate.getByText('Held by').waitFor()
    await gate.getByText('somebody has waited for').waitFor()
    expect(await gate.getByRole('region').getByRole('row').count()).toBe(3)
    await fits(page, 'gate')

    const holder = (await gate.locator('p').getByRole('link').getAttribute('href')) ?? ''
    const waits = holder.endsWith(last.id) ? first : last
    await page.goto(`${lamp.stack.url}/jobs/${waits.id}`)
    await page.getByText(/^Its limit: \/long, in line there for/).waitFor()
    const why = page.getByRole('region', { name: 'Facts' })
    await why.locator(`a[href="${holder}"]`).waitFor()
    await fits(page, 'job')
    await why.getByRole('link', { name: '/long' }).click()
    await gate.waitFor()

    await page.goto(`${lamp.stack.url}/jobs`)
    await page.getByRole('link', { name: 'In line' }).click()
    await page.waitForURL(url => url.searchParams.get('q') === 'parked:true')
    await page.getByRole('link', { name: `…${waits.id.slice(-8)}` }).waitFor()
    expect(await page.getByText('in line at /long for').count()).toBe(2)
    expect(await page.getByRole('link', { name: 'In line' }).getAttribute('aria-current')).toBe('page')
    await fits(page, 'list')

    await page.goto(`${lamp.stack.url}/queues/long?gate=/long`)
    await setTo('2')
    await afterLine(page, 'long', 1)
    await gate.getByText('2 at a time').waitFor()
    await expect.poll(() => gate.locator('p').getByRole('link').count(), { timeout: 30_000 }).toBe(2)
    await page.getByRole('button', { name: 'Limit as in the code' }).click()
    await dialog.getByRole('button', { name: 'Take the limit away' }).click()
    await afterLine(page, 'long', 0)
    await page.getByText('No job waits at a limit.').waitFor()
    for (const { shown } of jobs)
      await expect.poll(async () => (await shown()).state, { timeout: 30_000 }).toBe('IN_PROGRESS')
    await cancelled(jobs)
    await page.close()
  })

  it('of a key: its text stays text, and leads to the line', async () => {
    const door = '<img src=x>/ä?&'
    const jobs = [await enqueued('narrow', { door }), await enqueued('narrow', { door })]
    const { page } = await queuePage('doors')
    await afterLine(page, 'doors', 1)
    await page.getByRole('link', { name: `narrow/${door}` }).click()
    const gate = page.getByRole('region', { name: `Limit of narrow/${door}` })
    await gate.getByRole('cell', { name: 'narrow' }).waitFor()
    expect([await page.locator('main img').count(), await faultsOf(page)]).toEqual([0, []])
    // Whoever opens the link anew sees the same.
    await page.reload()
    await gate.getByText('1 at a time').waitFor()
    await cancelled(jobs)
    await page.close()
  })
})
