/** The commands against the real API on ports in memory: on a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { expect, onTestFinished } from 'vitest'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { createHttpApp } from '../../../lib/http/app.ts'
import { createTestRunner } from '../../../lib/testing.ts'
import { startAt } from '../../support/jobs.ts'
import { type Ran, type RunOptions, run } from './terminal-kit.ts'

export const mail = defineJob({
  type: 'send-mail',
  queue: 'mails',
  input: v.object({ to: v.string() }),
  maxAttempts: 2,
  backoff: { kind: 'fixed', delay: '1m' },
  listCompleted: true,
  tagIndex: true,
  enqueues: ['send-mail'],
})
/** Nobody handles it: its jobs stay in their queue. */
export const idle = defineJob({ type: 'idle', input: v.unknown() })

/** @param send the handler of `send-mail` */
export function cliKit(send: (input: { to: string }, ctx: RunContext) => unknown = () => 'sent') {
  const test = createTestRunner({
    runner: defineRunner({ jobs: [mail, idle], queues: { mails: { history: 'all' } } }),
    handlers: [handle(mail, send as (input: { to: string }, ctx: RunContext) => string)],
    partial: true,
    startAt,
    patienceMs: 10,
    payloads: true,
  })
  const app = createHttpApp(test.deps, error => {
    throw error
  })
  const cache = mkdtempSync(join(tmpdir(), 'lamplighter-cli-'))
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }))
  /** The words of a command line; `args` for what has spaces in it. */
  const cli = (words: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Ran> =>
    run([...words.split(' '), ...args], {
      now: new Date(test.clock.now()).toISOString(),
      environment: { XDG_CACHE_HOME: cache },
      fetch: async request => app.fetch(request as Request),
      ...options,
    })
  const json = async <Body>(words: string, args: readonly string[] = []): Promise<Body> => {
    const { stdout, stderr } = await cli(`${words} --json`, args)
    expect(stderr).toBe('')
    return JSON.parse(stdout) as Body
  }
  return { test, cli, json, cache }
}
