import { expect } from 'vitest'
import type { ScanPage } from '../../../lib/ports/job-scan.ts'
import type { StoreHarness } from './harness.ts'
import { sample } from './sample.ts'
import { newId, put, read, type StoreCase } from './store-case.ts'

/** Every page of these parts. Pages more than there could be end a store that never stops. */
async function pagesOf({ store }: StoreHarness, segments: number): Promise<readonly ScanPage[]> {
  const pages: ScanPage[] = []
  for (let segment = 0; segment < segments; segment += 1) {
    let from: string | undefined
    do {
      const page = await store.scan(segment, segments, from)
      pages.push(page)
      from = page.next
    } while (from !== undefined && pages.length < 500)
  }
  return pages
}

/** The table may hold what other cases have left. */
async function eachItemOnce(harness: StoreHarness): Promise<void> {
  const ids = Array.from({ length: 25 }, newId)
  for (const id of ids) await put(harness, { ...sample('RESERVED'), id })
  for (const segments of [1, 4]) {
    const pages = await pagesOf(harness, segments)
    const found = pages.flatMap(page => page.jobs.map(job => job.id)).filter(id => ids.includes(id))
    expect(found.toSorted()).toEqual(ids.toSorted())
  }
}

async function asStored(harness: StoreHarness): Promise<void> {
  const item = { ...sample('FAILED'), id: newId() }
  await put(harness, item)
  const jobs = (await pagesOf(harness, 1)).flatMap(page => page.jobs)
  expect(jobs.filter(job => job.id === item.id)).toStrictEqual([read(item)])
}

async function unreadable(harness: StoreHarness): Promise<void> {
  const count = async () => {
    const pages = await pagesOf(harness, 1)
    return { looked: pages.reduce((sum, page) => sum + page.looked, 0), jobs: pages.flatMap(page => page.jobs).length }
  }
  const before = await count()
  await put(harness, { id: newId() })
  expect(await count()).toEqual({ looked: before.looked + 1, jobs: before.jobs })
}

/** 1 MB is a page at DynamoDB. */
async function morePages(harness: StoreHarness): Promise<void> {
  const ids = Array.from({ length: 12 }, newId)
  for (const id of ids) await put(harness, { ...sample('FAILED'), id, input: JSON.stringify('x'.repeat(150_000)) })
  const pages = await pagesOf(harness, 1)
  const found = pages.flatMap(page => page.jobs.map(job => job.id)).filter(id => ids.includes(id))
  expect(pages.length).toBeGreaterThan(1)
  expect(found.toSorted()).toEqual(ids.toSorted())
}

export const scanCases: readonly StoreCase[] = [
  { title: 'each item is in one part, once', run: eachItemOnce },
  { title: 'items come as they are stored', run: asStored },
  { title: 'an item that cannot be read is counted and left out', run: unreadable },
  { title: 'a table of more than one page', run: morePages },
]
