import { afterEach, expect, it, vi } from 'vitest'
import { lambdaTelemetry } from '../../../lib/lambda/telemetry.ts'

afterEach(() => vi.restoreAllMocks())

it('a batch without metrics leaves nothing to the next: neither its queue nor a warning', async () => {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      said[name] += String(text)
      return true
    })
  }
  const telemetry = lambdaTelemetry('worker')
  telemetry.forQueue('first')
  await telemetry.flush()
  telemetry.forQueue('second')
  telemetry.emit({ name: 'job_enqueued', id: 'x', type: 't', queue: 'second', state: 'RESERVED', isNew: true })
  await telemetry.flush()
  vi.restoreAllMocks()
  const lines = said.stdout.split('\n').filter(line => line.includes('_aws'))
  expect(lines.map(line => (JSON.parse(line) as { queue: string }).queue)).toEqual(['second'])
  expect(said.stderr).toBe('')
})
