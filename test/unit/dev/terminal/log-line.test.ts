import { describe, expect, it } from 'vitest'
import { logLine } from '../../../../lib/dev/terminal/log-line.ts'

const now = new Date(2026, 10, 22, 12, 0, 1, 123).getTime()
const line = (entry: unknown): string | undefined =>
  logLine('worker-default', typeof entry === 'string' ? entry : JSON.stringify(entry), now)

describe('a log line for people', () => {
  it('leaves out what the lines about changes tell, metrics, and empty lines', () => {
    expect(line({ level: 'INFO', message: 'job_started', job_id: '1' })).toBeUndefined()
    expect(line({ level: 'WARN', message: 'job_failed', job_id: '1' })).toBeUndefined()
    expect(line({ _aws: {}, JobsStarted: 1 })).toBeUndefined()
    expect(line('  ')).toBeUndefined()
  })

  it('shows what an operator should see, without the usual fields', () => {
    const entry = {
      level: 'WARN',
      message: 'late_write',
      timestamp: 't',
      service: 'worker',
      job_id: '1',
      transition: 'T9',
    }
    expect(line(entry)).toBe('12:00:01.123  worker-default    WARN late_write job_id=1 transition=T9')
  })

  it('shows what a handler logs, and what it prints', () => {
    expect(line({ level: 'INFO', message: 'halfway', done: { rows: 5 } })).toBe(
      '12:00:01.123  worker-default    INFO halfway done={"rows":5}',
    )
    expect(line('plain words')).toBe('12:00:01.123  worker-default    plain words')
    expect(line('{ not json')).toBe('12:00:01.123  worker-default    { not json')
    expect(line('{"no":"message"}')).toBe('12:00:01.123  worker-default    {"no":"message"}')
  })

  it('shows an error by name, message and place', () => {
    const error = { name: 'TypeError', message: 'no lamp', location: 'a.ts:1', stack: 'x'.repeat(1_000) }
    expect(line({ level: 'ERROR', message: 'function_failed', error })).toBe(
      '12:00:01.123  worker-default    ERROR function_failed error=TypeError: no lamp (a.ts:1)',
    )
  })

  it('lets no control character through', () => {
    expect(line({ level: 'INFO', message: 'a\nb\u001b[2J', field: '\u0007' })).not.toMatch(/\p{Cc}/u)
    expect(line('a\u001b[2Jb')).not.toMatch(/\p{Cc}/u)
  })
})
