/** A running job, and an operator in another process. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
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

const program = fileURLToPath(new URL('../../support/fixtures/lamps/cancel.ts', import.meta.url))

it('a running job is cancelled from another process: its signal aborts within 5 s', { timeout: 60_000 }, async () => {
  const id = await lamps.enqueue('patient', {})
  const { pid } = await lamps.line(entry => entry['message'] === 'waiting' && entry['job_id'] === id)
  const asked = spawnSync(process.execPath, [program, id], { env: { ...process.env, ...lamps.stack.env } })
  expect([asked.status, asked.stderr.toString()]).toEqual([0, ''])
  const { outcome, at, pid: other } = JSON.parse(asked.stdout.toString()) as Record<string, unknown>
  expect([outcome, new Set([pid, other, process.pid]).size]).toEqual(['cancelRequested', 3])
  const stopped = await lamps.line(entry => entry['message'] === 'stopped' && entry['job_id'] === id)
  const tookMs = Date.parse(String(stopped['timestamp'])) - Number(at)
  console.log(`the signal of a running job aborted ${tookMs} ms after another process had asked for its cancel`)
  expect(tookMs).toBeLessThan(5_000)
  expect(await lamps.change(job => job.id === id && job.state === 'CANCELLED')).toMatchObject({ attempt: 1 })
})
