/** A run's context without a runner: for testing handlers on their own. */

import { ContinueAsNew, Snooze } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext, RunningJob } from '../../lib/core/definition/run-context.ts'

export interface FakeRun {
  readonly ctx: RunContext
  /** What the handler passed to `ctx.progress`. */
  readonly reported: readonly number[]
  abort(reason?: Error): void
}

export function fakeRun(job: Partial<RunningJob> = {}): FakeRun {
  const controller = new AbortController()
  const reported: number[] = []
  const silent = () => {}
  const now = Date.now()
  const ctx: RunContext = {
    job: {
      id: '01939f00-0000-7000-8000-000000000001',
      type: 'sample',
      queue: 'default',
      attempt: 1,
      attemptsLeft: 4,
      scheduledAt: now,
      insertedAt: now,
      generation: 1,
      crashes: 0,
      snoozes: 0,
      ...job,
    },
    attempt: job.attempt ?? 1,
    context: {},
    signal: controller.signal,
    deadline: now + 60_000,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    heartbeat: () => Promise.resolve(),
    progress: percent => {
      reported.push(percent)
      return Promise.resolve()
    },
    snooze: delay => {
      throw new Snooze(delay)
    },
    continueAsNew: input => {
      throw new ContinueAsNew(input)
    },
    enqueue: () => Promise.reject(new Error('nothing to enqueue into')),
    step: (async (name, fn) =>
      fn({ id: `${job.id ?? ''}#1#${name}`, signal: controller.signal })) as RunContext['step'],
    stepCommit: () => Promise.reject(new Error('nothing to commit to')),
    version: (_, current) => Promise.resolve(current),
    sleep: () => Promise.resolve(),
    waitFor: () => Promise.resolve(undefined),
    all: () => Promise.reject(new Error('nothing to enqueue into')),
    commit: () => Promise.reject(new Error('nothing to commit to')),
  }
  return { ctx, reported, abort: reason => controller.abort(reason) }
}
