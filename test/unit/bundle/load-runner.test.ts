import { describe, expect, it } from 'vitest'
import { loadRunner } from '../../../lib/bundle/load-runner.ts'
import { describeRunner } from '../../../lib/bundle/probe-report.ts'
import { application, jobs, runner } from './application.ts'

describe('the runner of a module', () => {
  it('is what the module exports, but for schemas and middleware', async () => {
    const app = application({ 'handlers.ts': '' })
    const loaded = loadRunner(app.file('jobs.ts'))
    expect(describeRunner(loaded)).toBe(describeRunner(runner))
    expect(loaded.jobs['greet']).toMatchObject({ type: 'greet', queue: 'default', policy: { maxAttempts: 5 } })
    expect(await loaded.jobs['greet']?.input['~standard'].validate('anything')).toEqual({
      issues: [{ message: 'the schema is in the module of the runner' }],
    })
  })

  it('runs in a process of its own: a module that never ends does not hang this one', () => {
    const app = application({ 'handlers.ts': '', 'jobs.ts': `${jobs}\nprocess.exit(3)` })
    expect(() => loadRunner(app.file('jobs.ts'))).toThrow(
      /does not load: Error: the modules ended the process with code 3/,
    )
  })
})
