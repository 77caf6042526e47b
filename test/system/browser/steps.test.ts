/** Steps and signals on the page of a job, in a real browser on a real local lamp.stack. */
import { describe, expect, it } from 'vitest'
import { axe, lampsPage } from './lamps-page.ts'

const lamp = lampsPage()

interface Shown {
  readonly state: string
  readonly result?: unknown
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

describe('a job that waits for a signal', () => {
  it('shows its steps, gets its signal from a button, and goes on', async () => {
    const { id, shown } = await enqueued('asking')
    await expect.poll(async () => (await shown()).state, { timeout: 30_000 }).toBe('WAITING')
    const page = await lamp.browser.newPage()
    await page.goto(lamp.stack.pageUrl)
    await page.goto(`${lamp.stack.url}/jobs/${id}`)
    const rows = page.getByRole('region', { name: 'Steps' }).getByRole('row')
    await rows.filter({ hasText: 'ask' }).first().waitFor()
    // What a handler left stays text.
    await rows.getByText('<img src=x').waitFor()
    expect(await page.locator('img').count()).toBe(0)
    await rows.getByText(/^until .*in 3 d/).waitFor()
    await page.getByText("Its handler waits for the signal 'answer'").waitFor()
    const faults = await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(one => one.id))`)
    expect(faults).toEqual([])
    // It may get on without a word of its item: its steps are asked for again and again.
    await page.waitForResponse(response => response.url().endsWith(`/v1/jobs/${id}/steps`))

    await page.getByRole('button', { name: 'Send answer' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Value, as JSON').fill('{"by": ')
    await dialog.getByRole('button', { name: 'Send answer' }).click()
    await dialog.getByRole('alert').getByText('This is no JSON').waitFor()
    expect((await shown()).state).toBe('WAITING')
    await dialog.getByLabel('Value, as JSON').fill('{"by": "ann"}')
    await dialog.getByRole('button', { name: 'Send answer' }).click()
    await expect.poll(async () => (await shown()).result, { timeout: 30_000 }).toMatchObject({ answer: { by: 'ann' } })
    await rows.filter({ hasText: 'signal' }).getByText('{"by":"ann"}').waitFor({ timeout: 30_000 })
    expect(await page.getByRole('button', { name: 'Send answer' }).count()).toBe(0)
    await page.close()
  })
})

describe('a job that waits for others', () => {
  it('shows them, and what each of them left', async () => {
    const { id, shown } = await enqueued('gathering')
    await expect.poll(async () => (await shown()).state, { timeout: 30_000 }).toBe('WAITING')
    const page = await lamp.browser.newPage()
    await page.goto(lamp.stack.pageUrl)
    await page.goto(`${lamp.stack.url}/jobs/${id}`)
    const rows = page.getByRole('region', { name: 'Children' }).getByRole('row')
    await rows.filter({ hasText: 'COMPLETED' }).getByText('2', { exact: true }).waitFor({ timeout: 30_000 })
    await expect.poll(() => rows.filter({ hasText: 'COMPLETED' }).count(), { timeout: 40_000 }).toBe(2)
    await expect.poll(async () => (await shown()).result, { timeout: 30_000 }).toEqual([2, 4])
    const faults = await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(one => one.id))`)
    expect(faults).toEqual([])
    await rows.filter({ hasText: 'COMPLETED' }).first().getByRole('link').click()
    await page.getByText('quick').first().waitFor()
    await page.close()
  })
})

describe('a job without steps', () => {
  it('has no table of them, and is asked for them once', async () => {
    const { id, shown } = await enqueued('quick', { number: 2 })
    await expect.poll(async () => (await shown()).state, { timeout: 30_000 }).toBe('COMPLETED')
    const page = await lamp.browser.newPage()
    await page.goto(lamp.stack.pageUrl)
    const asked = { steps: 0, job: 0 }
    page.on('request', request => {
      if (request.url().endsWith(`/v1/jobs/${id}/steps`)) asked.steps += 1
      if (request.url().endsWith(`/v1/jobs/${id}`)) asked.job += 1
    })
    const answered = page.waitForResponse(response => response.url().endsWith(`/v1/jobs/${id}/steps`))
    await page.goto(`${lamp.stack.url}/jobs/${id}`)
    expect(await (await answered).json()).toMatchObject({ steps: [] })
    await page.getByRole('heading', { name: 'Runs' }).waitFor()
    expect(await page.getByRole('heading', { name: 'Steps' }).count()).toBe(0)
    // The job itself is looked at again and again: the first of these is the page's own address.
    await expect.poll(() => asked.job, { timeout: 30_000 }).toBeGreaterThanOrEqual(4)
    expect(asked.steps).toBe(1)
    await page.close()
  })
})
