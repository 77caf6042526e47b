import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { defineJob, defineRunner, type ScheduleDeclaration, schedule } from '../../../lib/index.ts'

const report = defineJob({ type: 'report', input: v.object({ day: v.string() }) })
const daily = { cron: '30 2 * * *', timezone: 'Europe/Berlin', input: { day: 'today' } } as const
const runnerOf = (...schedules: ScheduleDeclaration[]) => defineRunner({ jobs: [report], schedules })

describe('schedule', () => {
  it('writes every default in, and goes into the runner', () => {
    const declaration = schedule('daily-report', report, daily)
    expect(declaration).toMatchObject({
      name: 'daily-report',
      type: 'report',
      when: { kind: 'cron', cron: '30 2 * * *', gap: 'next', repeat: 'first' },
      misfire: 'latest',
      overlap: 'allow',
      paused: false,
    })
    expect(runnerOf(declaration).schedules).toEqual([declaration])
    expect(defineRunner({ jobs: [report] }).schedules).toEqual([])
  })

  it('takes input of the contract only, or a function that returns it', () => {
    schedule('a', report, { every: '15m', input: at => ({ day: at.localDate }) })
    // @ts-expect-error a number where the schema wants a text
    expect(() => schedule('b', report, { every: '15m', input: { day: 1 } })).toThrow('schedule(b).input.day')
    // @ts-expect-error the same of a function
    expect(() => schedule('c', report, { every: '15m', input: () => ({ day: 1 }) })).toThrow('schedule(c).input.day')
    // @ts-expect-error a job without input would be refused each time
    expect(() => schedule('d', report, { every: '15m', input: undefined })).toThrow('schedule(d).input')
    expectTypeOf(schedule).returns.toEqualTypeOf<ScheduleDeclaration>()
  })

  it.each([
    ['0 25 * * MON', 'schedule(daily-report).cron'],
    ['0 0 31 2,4 *', 'schedule(daily-report).cron'],
    ['H * * * *', 'schedule(daily-report).cron'],
    ['@reboot', 'schedule(daily-report).cron'],
  ])('refuses %s, naming the schedule', (cron, field) => {
    expect(() => schedule('daily-report', report, { ...daily, cron })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field }),
    )
  })

  it.each(['a/b', 'a?b', 'a#b', 'a%b', '', '..', 'x'.repeat(129), 7])('refuses the name %j', name => {
    expect(() => schedule(name as string, report, daily)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it('refuses something that is no contract', () => {
    expect(() => schedule('a', undefined as never, daily as never)).toThrow('schedule(a).contract is undefined')
  })
})

describe('the schedules of a runner', () => {
  it('have different names', () => {
    expect(() => runnerOf(schedule('a', report, daily), schedule('a', report, daily))).toThrow(
      "two schedules have the name 'a'",
    )
  })

  it('enqueue jobs of the runner', () => {
    const other = defineJob({ type: 'other', input: v.object({}) })
    expect(() => runnerOf(schedule('a', other, { every: '1m', input: {} }))).toThrow(
      "schedule 'a' enqueues the job type 'other'; defined: report",
    )
  })

  it.each([[{ day: 7 }], [() => ({ day: 7 })]])('have input that their contract takes', input => {
    expect(() => runnerOf(schedule('a', report, { ...daily, input: input as never }))).toThrow(
      expect.objectContaining({
        code: 'input_refused',
        message: expect.stringContaining('schedule(a).input.day') as string,
      }),
    )
  })

  it('show what an input function throws, and what it returns that is no JSON', () => {
    const throwing = () => {
      throw new Error('no such day')
    }
    expect(() => runnerOf(schedule('a', report, { ...daily, input: throwing }))).toThrow('no such day')
    expect(() => runnerOf(schedule('a', report, { ...daily, input: (() => 1n) as never }))).toThrow('schedule(a).input')
  })

  it.each([[{}], [[undefined]], [['daily']]])('are a list of schedules, not %j', schedules => {
    expect(() => defineRunner({ jobs: [report], schedules: schedules as never })).toThrow('defineRunner.schedules')
  })
})
