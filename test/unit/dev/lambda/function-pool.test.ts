import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { FunctionPool } from '../../../../lib/dev/lambda/function-pool.ts'
import { isRunning } from '../../../support/processes.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../support/fixtures/functions/${name}.ts`, import.meta.url))

const open: FunctionPool[] = []
afterEach(async () => {
  for (const pool of open.splice(0)) {
    pool.kill()
    await pool.close()
  }
})

function poolOf(options: { module?: string; timeoutMs?: number; maxConcurrency?: number; memorySize?: number } = {}) {
  const seen = new EventEmitter()
  const lines: string[] = []
  const started: number[] = []
  const pool = new FunctionPool(
    {
      name: 'sample',
      modulePath: fixture(options.module ?? 'sample'),
      timeoutMs: options.timeoutMs ?? 10_000,
      maxConcurrency: options.maxConcurrency ?? 2,
      memorySize: options.memorySize ?? 512,
      env: {},
    },
    {
      onLine: (_, line) => lines.push(line) && seen.emit('line'),
      onStart: pid => started.push(pid),
      onExit: pid => seen.emit('exit', pid),
    },
  )
  open.push(pool)
  return { pool, lines, started, seen }
}

const pidOf = (invocation: unknown): number => (invocation as { payload: { pid: number } }).payload.pid

describe('FunctionPool', () => {
  it('answers one event after the other from one warm sandbox', async () => {
    const { pool, started } = poolOf()
    const first = await pool.invoke({ do: 'answer', text: 'a' })
    const second = await pool.invoke({ do: 'answer', text: 'b' })
    expect(first).toMatchObject({ kind: 'returned', payload: { invocations: 1, event: { text: 'a' } } })
    expect(second).toMatchObject({ kind: 'returned', payload: { invocations: 2, pid: pidOf(first) } })
    expect(started).toEqual([pidOf(first)])
  })

  it('runs events side by side in sandboxes of their own, and no more of them than its concurrency', async () => {
    const { pool, started } = poolOf({ maxConcurrency: 2 })
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => pool.invoke({ do: 'answer', waitMs: 50 })))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['returned', 'returned', 'returned', 'returned'])
    expect(started).toHaveLength(2)
    expect(new Set(outcomes.map(pidOf))).toEqual(new Set(started))
  })

  it('gives the function a context like the one on Lambda', async () => {
    const { pool } = poolOf({ timeoutMs: 5_000, memorySize: 640 })
    const outcome = await pool.invoke({ do: 'context' })
    expect(outcome).toMatchObject({ kind: 'returned', payload: { functionName: 'sample', memory: '640' } })
    const { remainingMs } = (outcome as { payload: { remainingMs: number } }).payload
    expect(remainingMs).toBeGreaterThan(3_000)
    expect(remainingMs).toBeLessThanOrEqual(5_000)
  })

  it('answers a thrown error with its type and message, and goes on with the same sandbox', async () => {
    const { pool, started } = poolOf()
    expect(await pool.invoke({ do: 'throw' })).toMatchObject({
      kind: 'failed',
      errorType: 'TypeError',
      errorMessage: 'no such lamp',
    })
    expect(await pool.invoke({ do: 'throwText' })).toEqual({
      kind: 'failed',
      errorType: 'string',
      errorMessage: 'bare text',
    })
    expect(await pool.invoke({ do: 'cycle' })).toMatchObject({ kind: 'failed', errorType: 'Runtime.MarshalError' })
    expect(await pool.invoke({ do: 'nothing' })).toEqual({ kind: 'returned', payload: undefined })
    expect(started).toHaveLength(1)
  })

  it('answers the end of the process with an error, and the next event runs in a new sandbox', async () => {
    const { pool, started } = poolOf()
    expect(await pool.invoke({ do: 'exit' })).toEqual({
      kind: 'failed',
      errorType: 'Runtime.ExitError',
      errorMessage: 'Runtime exited with status 3',
    })
    expect(await pool.invoke({ do: 'answer' })).toMatchObject({ kind: 'returned', payload: { invocations: 1 } })
    expect(started).toHaveLength(2)
  })

  it.each(['hang', 'spin'])('kills a function that does not end in time (%s)', async how => {
    const { pool, started, seen } = poolOf({ timeoutMs: 300, maxConcurrency: 1 })
    const exit = once(seen, 'exit')
    expect(await pool.invoke({ do: how })).toEqual({
      kind: 'failed',
      errorType: 'Sandbox.Timedout',
      errorMessage: 'Task timed out after 0.30 seconds',
    })
    await exit
    expect(started.filter(isRunning)).toEqual([])
    expect(await pool.invoke({ do: 'answer' })).toMatchObject({ kind: 'returned' })
  })

  it('ends a function that needs more memory than it has', async () => {
    const { pool } = poolOf({ memorySize: 64 })
    expect(await pool.invoke({ do: 'fill' })).toMatchObject({ kind: 'failed', errorType: 'Runtime.ExitError' })
    expect(await pool.invoke({ do: 'answer' })).toMatchObject({ kind: 'returned' })
  })

  it('answers a kill -9 from outside with an error', async () => {
    const { pool } = poolOf()
    const pid = pidOf(await pool.invoke({ do: 'answer' }))
    const hanging = pool.invoke({ do: 'hang' })
    process.kill(pid, 'SIGKILL')
    expect(await hanging).toMatchObject({ kind: 'failed', errorType: 'Runtime.ExitError' })
  })

  it('answers every event with the reason when the module cannot be loaded', async () => {
    const broken = poolOf({ module: 'broken' })
    expect(await broken.pool.invoke({})).toMatchObject({ kind: 'failed', atStart: true, errorMessage: 'cannot load' })
    const empty = poolOf({ module: 'no-handler' })
    const outcome = await empty.pool.invoke({})
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect((outcome as { errorMessage: string }).errorMessage).toContain("exports no function named 'handler'")
  })

  it('hands on each line that a function writes', async () => {
    const { pool, lines, seen } = poolOf()
    const line = once(seen, 'line')
    await pool.invoke({ do: 'say', text: '{"level":"INFO"}' })
    await line
    expect(lines).toEqual(['{"level":"INFO"}'])
  })

  it('lets running invocations finish when it closes, refuses new ones, and leaves no process', async () => {
    const { pool, started } = poolOf()
    await pool.invoke({ do: 'answer' })
    const running = pool.invoke({ do: 'answer', waitMs: 200 })
    const closing = pool.close()
    expect(await pool.invoke({ do: 'answer' })).toMatchObject({ kind: 'failed', errorType: 'Stack.Closed' })
    await closing
    expect(await running).toMatchObject({ kind: 'returned' })
    expect(started.filter(isRunning)).toEqual([])
    expect(pool.pids()).toEqual([])
  })
})
