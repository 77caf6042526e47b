import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { FunctionPool } from '../../../../lib/dev/lambda/function-pool.ts'
import { untilGone } from '../../../support/processes.ts'

const modulePath = fileURLToPath(new URL('../../../support/fixtures/functions/sample.ts', import.meta.url))

const open: FunctionPool[] = []
afterEach(async () => {
  for (const pool of open) pool.kill()
  await Promise.all(open.splice(0).map(pool => pool.close()))
})

/** Functions of one module, in one process. */
function poolsOf(names: readonly string[], timeoutMs = 10_000) {
  const lines: (readonly [name: string, line: string])[] = []
  const started: number[] = []
  const watch = {
    onLine: (name: string, line: string) => void lines.push([name, line]),
    onStart: (pid: number) => void started.push(pid),
    onExit: () => undefined,
  }
  const pools = names.map(
    (name, index) =>
      new FunctionPool(
        {
          name,
          modulePath,
          sharedMemorySize: 256,
          timeoutMs,
          maxConcurrency: 2,
          memorySize: 100 + index,
          env: {},
        },
        watch,
      ),
  )
  open.push(...pools)
  const [first, second] = pools
  if (first === undefined || second === undefined) throw new Error('two names')
  return { first, second, lines, started }
}

describe('functions that share a process', () => {
  it('run in it side by side, each with its own name and size, and their answers do not mix', async () => {
    const { first, second, started } = poolsOf(['sweeper', 'api'])
    const slow = first.invoke({ do: 'answer', waitMs: 200, text: 'slow' })
    const quick = await Promise.all([
      second.invoke({ do: 'answer', text: 'a' }),
      second.invoke({ do: 'answer', text: 'b' }),
    ])
    expect(quick).toMatchObject([{ payload: { event: { text: 'a' } } }, { payload: { event: { text: 'b' } } }])
    expect(await slow).toMatchObject({ payload: { event: { text: 'slow' } } })
    expect(await first.invoke({ do: 'context' })).toMatchObject({ payload: { functionName: 'sweeper', memory: '100' } })
    expect(await second.invoke({ do: 'context' })).toMatchObject({ payload: { functionName: 'api', memory: '101' } })
    expect(started).toHaveLength(1)
    expect(new Set([...first.pids(), ...second.pids()])).toEqual(new Set(started))
  })

  it('write lines under their own names', async () => {
    const { first, second, lines } = poolsOf(['sweeper', 'api'])
    await Promise.all([
      first.invoke({ do: 'say', text: 'swept\nall', waitMs: 50 }),
      second.invoke({ do: 'say', text: 'asked', waitMs: 50 }),
    ])
    expect(lines).toHaveLength(3)
    expect(lines).toEqual(
      expect.arrayContaining([
        ['sweeper', 'swept'],
        ['sweeper', 'all'],
        ['api', 'asked'],
      ]),
    )
  })

  it('fail together when the process ends, and go on in a new one', async () => {
    const { first, second, started } = poolsOf(['sweeper', 'api'])
    const waiting = first.invoke({ do: 'hang' })
    await second.invoke({ do: 'nothing' })
    const gone = { kind: 'failed', errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with status 3' }
    expect(await second.invoke({ do: 'exit' })).toEqual(gone)
    expect(await waiting).toEqual(gone)
    expect(await first.invoke({ do: 'nothing' })).toEqual({ kind: 'returned', payload: undefined })
    expect(await second.invoke({ do: 'nothing' })).toEqual({ kind: 'returned', payload: undefined })
    expect(started).toHaveLength(2)
  })

  it('are all ended by one that does not end in time', async () => {
    const { first, second, started } = poolsOf(['sweeper', 'api'], 400)
    await first.invoke({ do: 'nothing' })
    expect(await first.invoke({ do: 'spin' })).toMatchObject({ errorType: 'Sandbox.Timedout' })
    await untilGone(started)
    expect(await second.invoke({ do: 'nothing' })).toMatchObject({ kind: 'returned' })
  })

  it('one is killed, the others finish; the process ends with the last', async () => {
    const { first, second, started } = poolsOf(['reconciler', 'api'])
    await Promise.all([first.invoke({ do: 'nothing' }), second.invoke({ do: 'nothing' })])
    const scan = first.invoke({ do: 'hang' })
    const asked = second.invoke({ do: 'answer', waitMs: 200 })
    // By now the process has both events.
    await second.invoke({ do: 'nothing' })
    first.kill()
    expect(await scan).toMatchObject({ kind: 'failed', errorMessage: 'Runtime exited with signal SIGKILL' })
    expect(await asked).toMatchObject({ kind: 'returned' })
    await first.close()
    expect(await second.invoke({ do: 'nothing' })).toMatchObject({ kind: 'returned' })
    await second.close()
    await untilGone(started, 1_000)
  })
})
