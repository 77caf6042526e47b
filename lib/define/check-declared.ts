/**
 * What `schedule()` checks. It is a file of its own: where nothing of it is used, a bundler that splits passes over it, and
 * over what it imports.
 */
import type { JobContract } from '../core/definition/contract.ts'
import { checkSchedule } from '../core/schedule/check-schedule.ts'
import { anchored, inputOf, type ScheduleDeclaration, type ScheduleOptions } from '../core/schedule/definition.ts'
import { boundedNext } from '../core/schedule/occurrences.ts'
import { scheduledTimeOf } from '../core/schedule/time-zone.ts'
import { InputRefused } from '../core/values/errors.ts'
import { fromJsonText } from '../core/values/json.ts'

export interface GivenSchedule {
  readonly name: string
  readonly contract: JobContract
  readonly options: ScheduleOptions
}

/** @throws InvalidInput, InputRefused, JobTooLarge */
export function checked(where: string, { name, contract, options }: GivenSchedule): ScheduleDeclaration {
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
