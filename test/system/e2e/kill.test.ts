import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leaseMs } from '../../../lib/core/definition/policy.ts'
import { linger } from '../../support/fixtures/lamps/jobs.ts'
import { enqueueAt, newFolder, removeFolder, TestStack } from '../../support/local-stack.ts'
import { untilGone } from '../../support/processes.ts'

const lease = leaseMs(linger.policy)
const patience = { timeout: 40_000 }

const startOf = (job: { startedAt?: number }): number => job.startedAt ?? Number.NaN

describe.concurrent('a worker that is lost in mid-job', () => {
  let folder: string
  let lamps: TestStack
  beforeAll(async () => {
    folder = newFolder()
    lamps = await TestStack.start({ dataDir: folder })
  })
  afterAll(async () => {
    lamps.stack.kill()
    await lamps.stack.stop()
    removeFolder(folder)
  })

  /** A job in its first run, and the process that runs it. */
  async function running(ms: number): Promise<{ id: string; pid: number }> {
    const id = await lamps.enqueue('linger', { ms })
    const { pid } = await lamps.line(entry => entry['message'] === 'lingering' && entry['job_id'] === id)
    return { id, pid: Number(pid) }
  }

  it('killed with -9: the job runs again when its lease is over, soon after, with one crash', patience, async () => {
    const { id, pid } = await running(60_000)
    process.kill(pid, 'SIGKILL')
    const first = await lamps.change(job => job.id === id && job.state === 'IN_PROGRESS')
    const last = await lamps.change(job => job.id === id && job.state === 'COMPLETED')
    expect(last).toMatchObject({ attempt: 2, crashes: 1, result: '"attempt 2"' })
    const waited = startOf(last) - startOf(first)
    expect(waited).toBeGreaterThanOrEqual(lease)
    // A poll, and a new process for the worker, which a busy machine starts in some seconds.
    expect(waited).toBeLessThanOrEqual(lease + 10_000)
  })

  /** @returns whether a neighbour was in the batch that the culprit ended */
  async function endedTogether(): Promise<boolean> {
    // Both sandboxes of the queue are busy, so that the next messages wait, and come in one batch.
    const plugs = await Promise.all([1, 2].map(() => lamps.enqueue('steady', {})))
    await Promise.all(plugs.map(id => lamps.change(job => job.id === id && job.state === 'IN_PROGRESS')))
    const [culprit, ...neighbours] = await Promise.all(
      ['exit', 'steady', 'steady', 'steady'].map(type => lamps.enqueue(type, {})),
    )
    const ended = await Promise.all(
      [culprit, ...neighbours].map(id => lamps.change(job => job.id === id && job.finishedAt !== undefined)),
    )
    expect(ended[0]).toMatchObject({ state: 'FAILED', attempt: 2, crashes: 2 })
    expect(ended.slice(1).map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED'])
    return ended.slice(1).some(({ crashes = 0 }) => crashes > 0)
  }

  it('ended by one of its jobs: that job FAILED, its neighbours complete', { timeout: 240_000 }, async () => {
    // On a busy machine the messages may come one by one, and then a round has shown nothing.
    const maxRounds = 4
    let isShown = false
    for (let round = 0; round < maxRounds && !isShown; round += 1) isShown = await endedTogether()
    expect(isShown).toBe(true)
  })

  it('survives a promise that rejects and that nobody awaits, and says so', patience, async () => {
    const culprit = await lamps.enqueue('floating', {})
    const ended = await lamps.change(job => job.id === culprit && job.finishedAt !== undefined)
    expect(ended).toMatchObject({ state: 'COMPLETED', attempt: 1 })
    const line = await lamps.line(entry => entry['message'] === 'unhandled_rejection')
    expect(line).toMatchObject({ level: 'ERROR', error: 'Error: nobody awaits this' })
    expect(line['job_ids']).toContain(culprit)
  })

  it(
    'frozen beyond its lease: when it wakes its outcome is refused, and that of the next run stands',
    patience,
    async () => {
      const { id, pid } = await running(1_000)
      process.kill(pid, 'SIGSTOP')
      await lamps.change(job => job.id === id && job.state === 'COMPLETED')
      process.kill(pid, 'SIGCONT')
      const late = await lamps.line(entry => entry['message'] === 'late_write' && entry['job_id'] === id)
      expect(late).toMatchObject({ level: 'WARN' })
      expect(await lamps.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, crashes: 1, result: 'attempt 2' })
    },
  )
})

describe.concurrent('a whole stack that is killed with -9', () => {
  it('leaves no process; started again, it brings every job to its end', { timeout: 90_000 }, async () => {
    const folder = newFolder()
    const doomed = fork(fileURLToPath(new URL('../../support/fixtures/lamps/stack.ts', import.meta.url)), [folder], {
      execArgv: [],
    })
    const seen = await following(doomed)
    // One after the other: a busy machine may start the second only when the first waits no more.
    const stumbling = await enqueueAt(seen.url, 'stumble', {})
    await seen.states(states => states.get(stumbling) === 'RETRY')
    const [lingering, later, ...quick] = await Promise.all([
      enqueueAt(seen.url, 'linger', { ms: 60_000 }),
      enqueueAt(seen.url, 'quick', { number: 7 }, { delay: '4s' }),
      ...Array.from({ length: 20 }, (_, number) => enqueueAt(seen.url, 'quick', { number })),
    ])
    await seen.states(states => states.get(lingering) === 'IN_PROGRESS')
    doomed.kill('SIGKILL')
    await untilGone(seen.pids())

    const lamps = await TestStack.start({ dataDir: folder })
    try {
      const ids = [lingering, stumbling, later, ...quick]
      const open = await Promise.all(
        ids.map(async id => ((await lamps.get(id))['finishedAt'] === undefined ? [id] : [])),
      )
      await Promise.all(open.flat().map(id => lamps.change(job => job.id === id && job.state === 'COMPLETED')))
      expect(await lamps.get(lingering)).toMatchObject({ state: 'COMPLETED', attempt: 2, crashes: 1 })
      const stumbled = await lamps.get(stumbling)
      expect(stumbled).toMatchObject({ state: 'COMPLETED' })
      // Its second attempt may have begun before the end, and died with it.
      expect(Number(stumbled['attempt']) - Number(stumbled['crashes'] ?? 0)).toBe(2)
      expect(await lamps.get(later)).toMatchObject({ state: 'COMPLETED', attempt: 1, result: 14 })
      const results = await Promise.all(quick.map(async id => (await lamps.get(id))['result']))
      expect(results).toEqual(Array.from({ length: 20 }, (_, number) => number * 2))
    } finally {
      lamps.stack.kill()
      await lamps.stack.stop()
      removeFolder(folder)
    }
  })
})

interface Change {
  readonly kind: 'change'
  readonly id: string
  readonly state: string
  readonly pids: readonly number[]
}

/** What a stack in another process tells of itself. */
async function following(child: ChildProcess) {
  const news = new EventEmitter()
  const latest = new Map<string, string>()
  const known = new Set<number>()
  const ready = once(news, 'ready')
  child.on('message', (message: { kind: 'ready'; url: string } | Change) => {
    if (message.kind === 'ready') news.emit('ready', message.url)
    else {
      latest.set(message.id, message.state)
      for (const pid of message.pids) known.add(pid)
      news.emit('change')
    }
  })
  const [url] = (await ready) as [string]
  return {
    url,
    pids: () => [...known],
    async states(isIt: (seen: ReadonlyMap<string, string>) => boolean): Promise<void> {
      while (!isIt(latest)) await once(news, 'change')
    },
  }
}
