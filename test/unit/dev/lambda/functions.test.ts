import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { afterEach, describe, expect, it } from 'vitest'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import { createFunctions, type Functions } from '../../../../lib/dev/lambda/functions.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../support/fixtures/functions/${name}.ts`, import.meta.url))
const job = defineJob({ type: 'light', input: v.object({}) })
const runner = defineRunner({ queues: { default: { concurrency: 3 }, slow: {} }, jobs: [job] })

const made: Functions[] = []
const folders: string[] = []
afterEach(async () => {
  for (const functions of made.splice(0)) {
    for (const { pool } of functions.all()) pool.kill()
    await Promise.all(functions.all().map(({ pool }) => pool.close()))
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'lamplighter-test-')))
  return folders.at(-1) ?? ''
}

function functionsOf(worker: string) {
  const troubles: string[] = []
  const sample = fixture('sample')
  const functions = createFunctions({
    runner,
    modules: { worker, sweeper: sample, dispatcher: sample, reconciler: sample, recorder: sample, api: sample },
    env: {},
    watch: { onLine: () => {}, onStart: () => {}, onExit: () => {} },
    onTrouble: text => troubles.push(text),
  })
  made.push(functions)
  return { functions, troubles, worker: functions.workers['default'] as Functions['api'] }
}

describe('the functions of a stack', () => {
  it('have the names, times and memory of the deployment', () => {
    const { functions } = functionsOf(fixture('broken'))
    const specs = functions.all().map(({ pool: { spec } }) => [spec.name, spec.timeoutMs, spec.memorySize])
    expect(specs).toEqual([
      ['worker-default', 75_000, 512],
      ['worker-slow', 6_000, 512],
      ['sweeper', 60_000, 1_769],
      ['dispatcher', 60_000, 512],
      ['recorder', 60_000, 512],
      ['reconciler', 900_000, 512],
      ['api', 29_000, 512],
    ])
    // All but the user's handlers share a process, which is as large as the largest asks for.
    const sharing = functions.all().filter(({ pool }) => pool.spec.sharedMemorySize === 1_769)
    expect(sharing.map(({ definition }) => definition.name)).toEqual([
      'sweeper',
      'dispatcher',
      'recorder',
      'reconciler',
      'api',
    ])
    // The source decides how many run at the same time: that can be changed at run time.
    expect(functions.workers['default']?.pool.spec.maxConcurrency).toBe(1_000)
  })

  it.each([
    ['broken', /^Error: cannot load \(test\/support\/fixtures\/functions\/broken\.ts:1:7\)$/],
    ['no-handler', /Error: .*no-handler.ts exports no function named 'handler'/],
    ['missing', /Error: Cannot find module .*missing\.ts/],
  ])('say once why they do not start, with file and line (%s)', async (name, cause) => {
    const { worker, troubles } = functionsOf(fixture(name))
    for (let time = 0; time < 2; time += 1) {
      expect(await worker.invoke({})).toMatchObject({ kind: 'failed', atStart: true })
    }
    expect(troubles).toHaveLength(1)
    const text = troubles[0]?.replace('worker-default does not start: ', '') ?? ''
    expect(text).toMatch(cause)
  })

  it('name the line of a syntax error', async () => {
    const file = join(newFolder(), 'worker.mjs')
    writeFileSync(file, 'export const handler = () => {\n  const lamp =\n}\n')
    const { worker, troubles } = functionsOf(file)
    await worker.invoke({})
    expect(troubles).toEqual([`worker-default does not start: SyntaxError: Unexpected token '}' (${file}:3)`])
  })

  it('say another cause, and the same one again after a start that went well', async () => {
    const file = join(newFolder(), 'worker.ts')
    const { worker, troubles } = functionsOf(file)
    const write = (text: string): void => writeFileSync(file, text)
    for (const text of ["throw new Error('one')", "throw new Error('two')"]) {
      write(text)
      await worker.invoke({})
    }
    copyFileSync(fixture('sample'), file)
    expect(await worker.invoke({ do: 'exit' })).toMatchObject({ kind: 'failed', errorType: 'Runtime.ExitError' })
    write("throw new Error('two')")
    await worker.invoke({})
    expect(troubles.map(text => /Error: (\w+)/.exec(text)?.[1])).toEqual(['one', 'two', 'two'])
  })

  it('report a failure that nobody else reads, unless they were killed', async () => {
    const { functions, worker, troubles } = functionsOf(fixture('sample'))
    await functions.api.invoke({ do: 'throw' })
    await worker.invoke({ do: 'throw' })
    const killed = functions.reconciler.invoke({ do: 'hang' })
    await expect.poll(() => functions.reconciler.pool.pids()).toHaveLength(1)
    functions.reconciler.pool.kill()
    expect(await killed).toMatchObject({ kind: 'failed' })
    expect(troubles).toEqual(['function api failed: TypeError: no such lamp'])
  })
})
