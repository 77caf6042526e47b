import { afterEach, expect, it, vi } from 'vitest'
import { lambdaTelemetry } from '../../../lib/lambda/telemetry.ts'

afterEach(() => vi.restoreAllMocks())

/** Lines in the embedded metric format, without what CloudWatch alone reads. */
const metricsIn = (lines: readonly string[]): readonly object[] =>
  lines
    .flatMap(text => text.split('\n'))
    .filter(line => line.includes('_aws'))
    .map(line => ({ ...(JSON.parse(line) as object), _aws: undefined }))

it('a batch without metrics leaves nothing to the next: neither its queue nor a warning', () => {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      said[name] += String(text)
      return true
    })
  }
  const telemetry = lambdaTelemetry('worker')
  telemetry.forQueue('first')
  telemetry.flush()
  telemetry.forQueue('second')
  telemetry.emit({ name: 'job_enqueued', id: 'x', type: 't', queue: 'second', state: 'RESERVED', isNew: true })
  telemetry.flush()
  vi.restoreAllMocks()
  const lines = said.stdout.split('\n').filter(line => line.includes('_aws'))
  expect(lines.map(line => (JSON.parse(line) as { queue: string }).queue)).toEqual(['second'])
  expect(said.stderr).toBe('')
})

it('how jobs end counts for the worker of their queue, whoever found out; other metrics of a sweeper have no queue', () => {
  const lines: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation(text => lines.push(String(text)) > 0)
  const telemetry = lambdaTelemetry('sweeper')
  const job = { id: 'x', type: 't', attempt: 1 }
  for (const queue of ['mail', 'mail', 'slow']) {
    telemetry.emit({ name: 'job_failed', ...job, queue, error: 'Crashed' })
    telemetry.emit({ name: 'job_crashed', ...job, queue, crashes: 1 })
  }
  telemetry.emit({ name: 'job_adopted', id: 'x', type: 't', queue: 'mail' })
  telemetry.flush()
  telemetry.emit({ name: 'job_failed', ...job, queue: 'mail', error: 'Crashed' })
  telemetry.flush()
  vi.restoreAllMocks()
  expect(metricsIn(lines)).toEqual([
    { service: 'sweeper', JobsAdopted: 1 },
    { service: 'worker', queue: 'mail', JobsFailed: 2, JobsCrashed: 2 },
    { service: 'worker', queue: 'slow', JobsFailed: 1, JobsCrashed: 1 },
    { service: 'worker', queue: 'mail', JobsFailed: 1 },
  ])
})

it('a worker counts what is rare without its queue', () => {
  const lines: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation(text => lines.push(String(text)) > 0)
  const telemetry = lambdaTelemetry('worker')
  const job = { id: 'x', type: 't', queue: 'mail' }
  telemetry.forQueue('mail')
  telemetry.emit({ name: 'job_started', ...job, attempt: 1, lateMs: 5 })
  telemetry.emit({ name: 'unknown_type', ...job, isKept: true })
  telemetry.emit({ name: 'late_write', ...job, transition: 'complete' })
  telemetry.flush()
  vi.restoreAllMocks()
  expect(metricsIn(lines)).toEqual([
    { service: 'worker', queue: 'mail', JobsStarted: 1, StartLatency: 5 },
    { service: 'worker', UnknownTypes: 1, LateWrites: 1 },
  ])
})
