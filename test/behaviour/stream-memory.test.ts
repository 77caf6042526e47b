/** Memory that a stream of jobs takes: what is reachable while it is placed, however long it is. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { enqueueStream } from '../../lib/app/enqueue/enqueue-stream.ts'
import type { Deps } from '../../lib/ports/deps.ts'
import { runnerWith } from '../support/jobs.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const { test } = runnerWith(() => undefined)

/** A store and a queue that take everything and keep nothing: what stays reachable is the stream's own. */
const deps: Deps = {
  ...test.deps,
  store: { ...test.deps.store, insert: async jobs => jobs.map(() => ({ kind: 'inserted' })) },
  queue: { ...test.deps.queue, send: async (_, sent) => sent.map(() => ({ kind: 'sent' })) },
  telemetry: { ...test.deps.telemetry, emit: () => {} },
}

function* requests(count: number) {
  for (let n = 0; n < count; n += 1)
    yield { type: 'work', input: { n }, tags: Array.from({ length: 10 }, () => `${n}`.padEnd(64, '.')) }
}

/** The most that was in use at any of fifty moments, above what was in use before. */
async function peakOf(count: number): Promise<number> {
  collect()
  const before = process.memoryUsage().heapUsed
  let peak = 0
  let answered = 0
  for await (const { kind } of enqueueStream(deps, requests(count), request => request)) {
    expect(kind).toBe('enqueued')
    answered += 1
    if (answered % (count / 50) !== 0) continue
    collect()
    peak = Math.max(peak, process.memoryUsage().heapUsed - before)
  }
  expect(answered).toBe(count)
  return peak
}

it('takes no more memory for 100,000 jobs than for 10,000', { timeout: 120_000 }, async () => {
  await peakOf(2_000)
  const few = await peakOf(10_000)
  const many = await peakOf(100_000)
  // The tags of 100,000 jobs are 64 MB: held, they would be ten times what 10,000 take.
  expect(many).toBeLessThan(Math.max(few, 2_000_000) * 2)
})
