/** A pause in front of 10,000 messages, on a stack of real processes. It takes minutes: the usual tests have one in memory. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../../../lib/client/create-client.ts'
import { quick, runner } from '../../support/fixtures/lamps/jobs.ts'
import { newFolder, removeFolder, TestStack } from '../../support/local-stack.ts'

let folder: string
let lamps: TestStack
beforeAll(async () => {
  folder = newFolder()
  lamps = await TestStack.start({ dataDir: folder })
}, 60_000)
afterAll(async () => {
  lamps.stack.kill()
  await lamps.stack.stop()
  removeFolder(folder)
}, 60_000)

const patch = async (body: object): Promise<Record<string, unknown>> => {
  const response = await fetch(`${lamps.stack.url}/v1/queues/default`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.status !== 200) throw new Error(await response.text())
  return (await response.json()) as Record<string, unknown>
}

const count = 10_000

it('10,000 messages wait out a pause: nothing is lost, and each job runs once', { timeout: 400_000 }, async () => {
  Object.assign(process.env, lamps.stack.env)
  const client = createClient({ runner })
  expect(await patch({ paused: { why: 'a test' } })).toMatchObject({ paused: { by: 'local' }, mapping: 'Disabled' })
  // A receive that is under way still takes messages, for 20 s at most; a worker would hide them for five minutes.
  await new Promise(resolve => setTimeout(resolve, 21_000))
  const ids = new Set<string>()
  for (let first = 0; first < count; first += 1_000) {
    const requests = Array.from({ length: 1_000 }, (_, n) => client.job(quick, { number: first + n }))
    for (const one of await client.enqueueMany(requests)) if (one.kind === 'enqueued') ids.add(one.id)
  }
  expect(ids.size).toBe(count)
  const depth = (await client.queues.get('default'))?.messages
  expect(depth).toMatchObject({ visible: count, inFlight: 0 })
  expect(lamps.changes.filter(({ id, state }) => ids.has(id) && state === 'IN_PROGRESS')).toEqual([])
  const resumedAt = Date.now()
  expect(await patch({ concurrency: 4 })).toMatchObject({ concurrency: { value: 4, code: 10, mapping: 4 } })
  expect(await patch({ paused: false })).toMatchObject({ mapping: 'Enabled' })
  const ended = () => lamps.changes.filter(({ id, state }) => ids.has(id) && state === 'COMPLETED')
  while (ended().length < count) await new Promise(resolve => setTimeout(resolve, 500))
  console.log(`10,000 jobs ended ${Date.now() - resumedAt} ms after the resume`)
  const starts = lamps.changes.filter(({ id, state }) => ids.has(id) && state === 'IN_PROGRESS')
  expect(new Set(ended().map(({ id }) => id)).size).toBe(count)
  expect(ended().every(({ attempt, crashes }) => attempt === 1 && crashes === undefined)).toBe(true)
  expect(new Set(starts.map(({ id }) => id)).size).toBe(starts.length)
})
