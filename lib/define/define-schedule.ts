import type { InputOf, JobContract } from '../core/definition/contract.ts'
import { checkSchedule } from '../core/schedule/check-schedule.ts'
import {
  anchored,
  type ScheduleDeclaration,
  type ScheduledTime,
  type ScheduleOptions,
} from '../core/schedule/definition.ts'
import { inputOf } from '../core/schedule/input-of.ts'
import { boundedNext } from '../core/schedule/occurrences.ts'
import { scheduledTimeOf } from '../core/schedule/scheduled-time.ts'
import { InputRefused, InvalidInput } from '../core/values/errors.ts'
import { fromJsonText } from '../core/values/json.ts'

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
  // A constant of the bundle: lib/bundle sets it for workers, and esbuild drops the other branch with its imports.
  return process.env['LAMPLIGHTER_BUNDLE'] === 'worker'
    ? stub(name, contract.type)
    : checked(where, { name, contract, options })
}

/** For a worker, which reads no schedule: its sweeper, its deployment and its tests check them. */
const stub = (name: string, type: string): ScheduleDeclaration => ({
  name,
  type,
  when: { kind: 'at', at: 0 },
  timezone: 'UTC',
  misfire: 'skip',
  overlap: 'allow',
  jitterMs: 0,
  paused: true,
  enqueue: {},
  input: { kind: 'json', json: 'null' },
})

interface Given {
  readonly name: string
  readonly contract: JobContract
  readonly options: ScheduleOptions
}

function checked(where: string, { name, contract, options }: Given): ScheduleDeclaration {
  const declaration = checkSchedule(where, { name, type: contract.type, options })
  checkInput(declaration, contract)
  return declaration
}

/**
 * The first day of a leap year. The input is checked for the first occurrence after a fixed instant, not after today: a
 * function that fails for one day of the year must not keep every worker from starting on the day before.
 */
const sampleFrom = 1_704_067_200_000

/** A schema whose check is asynchronous is asked by the sweeper only. */
function checkInput(declaration: ScheduleDeclaration, contract: JobContract): void {
  const from = Math.max(sampleFrom, declaration.startAt ?? 0)
  const definition = anchored(declaration, from)
  const time = boundedNext(definition)(from - 1) ?? boundedNext(definition)(0) ?? from
  const where = `schedule(${declaration.name}).input`
  const input = inputOf(where, declaration, scheduledTimeOf(definition, time))
  const answer = contract.input['~standard'].validate(fromJsonText(input))
  if (answer instanceof Promise || answer.issues === undefined) return
  throw new InputRefused(
    contract.type,
    answer.issues.map(({ message, path = [] }) => ({
      path: [where, ...path.map(part => String(typeof part === 'object' ? part.key : part))].join('.'),
      message,
    })),
  )
}
