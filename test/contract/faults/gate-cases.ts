/** Writes of a worker that holds the message of a job whose queue was limited after it was enqueued. */
import { expect } from 'vitest'
import type { Limit } from '../../../lib/core/definition/contract.ts'
import type { AmbiguousCase } from './ambiguous-cases.ts'
import type { FaultKit, Limitable } from './fault-kit.ts'

const statement = { operation: 'BatchExecuteStatement', isAskedAgain: true } as const
const started = ['job_enqueued', 'job_started', 'job_completed']

/** Under a limit that is taken away again. */
async function limited(kit: FaultKit, name: Limitable, limit: Limit, run: () => Promise<void>): Promise<void> {
  await kit.limit(name, limit)
  try {
    await run()
  } finally {
    await kit.limit(name, null)
  }
}

/** Each has run once, and has taken the gate of its queue. */
async function expectRuns(kit: FaultKit, ids: readonly string[], gate: string): Promise<void> {
  for (const id of ids) {
    expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, gate })
    expect(kit.runsOf(id)).toBe(1)
  }
}

async function parkBehindAnother(kit: FaultKit, breakIt: () => void): Promise<void> {
  const first = await kit.enqueueIn('narrow')
  let second = ''
  kit.onRun = async ({ job }) => {
    if (job.id !== first) return
    second = await kit.enqueueIn('narrow')
    breakIt()
    await kit.work(0, 'narrow')
    expect(await kit.job(second)).toMatchObject({ state: 'AVAILABLE', gate: '/narrow', attempt: 0 })
    expect(kit.eventsOf(second)).toEqual(['job_enqueued', 'job_parked'])
  }
  await kit.work(0, 'narrow')
  // Its place was handed on as the first ended.
  await kit.work(2, 'narrow')
  await expectRuns(kit, [first, second], '/narrow')
  expect(kit.eventsOf(second)).toEqual(['job_enqueued', 'job_parked', 'job_dispatched', ...started.slice(1)])
}

async function bookBehindAnother(kit: FaultKit, breakIt: () => void): Promise<void> {
  const first = await kit.enqueueIn('paced')
  await kit.work(0, 'paced')
  const second = await kit.enqueueIn('paced')
  breakIt()
  await kit.work(0, 'paced')
  expect(await kit.job(second)).toMatchObject({ state: 'RESERVED', pass: 1, attempt: 0 })
  expect(kit.eventsOf(second)).toEqual(['job_enqueued', 'job_booked', 'message_waits'])
  // Hidden until its slot.
  for (let polls = 0; polls < 10 && kit.runsOf(second) === 0; polls += 1) await kit.work(2, 'paced')
  await expectRuns(kit, [first, second], '/paced')
}

export const gateCases: readonly AmbiguousCase[] = [
  {
    row: 'T41',
    title: 'join the gate of a queue that was limited at run time: one place, one run',
    ...statement,
    fits: /SET \\"gate\\" = \?/,
    async run(kit, breakIt) {
      const id = await kit.enqueueIn('narrow')
      await limited(kit, 'narrow', { concurrency: 1 }, async () => {
        breakIt()
        await kit.work(0, 'narrow')
        await expectRuns(kit, [id], '/narrow')
        expect(kit.eventsOf(id)).toEqual(started)
      })
    },
  },
  {
    row: 'T30',
    title: 'park at a full gate: in line once, one message when its turn comes',
    ...statement,
    fits: /\\"parked\\" = \?/,
    run: (kit, breakIt) => limited(kit, 'narrow', { concurrency: 1 }, () => parkBehindAnother(kit, breakIt)),
  },
  {
    row: 'T40',
    title: 'book a slot: one slot, one start in it',
    ...statement,
    fits: /\\"pass\\" = \?, \\"request\\"/,
    run: (kit, breakIt) =>
      limited(kit, 'paced', { rate: { count: 1, per: '2s' } }, () => bookBehindAnother(kit, breakIt)),
  },
]
