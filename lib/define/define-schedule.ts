import type { InputOf, JobContract } from '../core/definition/contract.ts'
import {
  inputFrom,
  type ScheduleDeclaration,
  type ScheduledTime,
  type ScheduleOptions,
} from '../core/schedule/definition.ts'
import { InvalidInput } from '../core/values/errors.ts'
import { checked, type GivenSchedule } from './check-declared.ts'

/** How a schedule of this contract is written: its input has the contract's type. */
export type ScheduleOf<Contract extends JobContract> = Omit<ScheduleOptions, 'input'> & {
  /** The jobs' input, or a pure and quick function of the occurrence that returns it. The sweeper calls it. */
  readonly input: InputOf<Contract> | ((at: ScheduledTime) => InputOf<Contract>)
}

/**
 * Enqueues jobs of a contract again and again, or once, at times that it says. Goes into `defineRunner`; the sweeper
 * registers it within a minute after a deploy. The same name is the same schedule.
 *
 * @example
 * schedule('daily-report', dailyReport, {
 *   cron: '30 2 * * *', timezone: 'Europe/Berlin', input: at => ({ day: at.localDate }), overlap: 'skip',
 * })
 * @example schedule('clean-up', cleanUp, { every: '15m', anchor: '2026-01-01T00:05:00Z', input: {} })
 * @example schedule('launch', announce, { at: '2027-01-01T00:00:00Z', input: {} })
 * @param name a letter, a digit or `_`, then also `.`, `:` and `-`; at most 128 characters
 * @throws InvalidInput naming the option, the value and what is allowed; for `cron` also the position
 * @throws InputRefused when the contract does not take the input; a function is called once for that
 * @throws JobTooLarge when the input does not fit into a job
 */
export function schedule<Contract extends JobContract>(
  name: string,
  contract: Contract,
  options: ScheduleOf<Contract>,
): ScheduleDeclaration {
  const where = `schedule(${typeof name === 'string' ? name : ''})`
  if (typeof contract?.type !== 'string') {
    throw new InvalidInput(`${where}.contract`, contract, 'a contract, as defineJob makes it')
  }
  // A constant of the bundle: lib/bundle sets it, and esbuild drops the other branch with its imports.
  return process.env['LAMPLIGHTER_BUNDLE'] === 'no-calendar'
    ? unchecked(where, { name, contract, options })
    : checked(where, { name, contract, options })
}

/** For workers and the API, which fire none: the sweeper, the deployment and the tests check them. They need the input. */
const unchecked = (where: string, { name, contract, options }: GivenSchedule): ScheduleDeclaration => ({
  name,
  type: contract.type,
  when: { kind: 'at', at: 0 },
  timezone: 'UTC',
  misfire: 'skip',
  overlap: 'allow',
  jitterMs: 0,
  paused: true,
  enqueue: {},
  input: inputFrom(`${where}.input`, options.input),
})
