/** What only the runner can check of its schedules: their names, their jobs, and their input against the contract. */
import type { JobContract } from '../core/definition/contract.ts'
import type { Runner } from '../core/definition/runner.ts'
import { anchored, type ScheduleDeclaration } from '../core/schedule/definition.ts'
import { inputOf } from '../core/schedule/input-of.ts'
import { boundedNext, scheduledTimeOf } from '../core/schedule/occurrences.ts'
import { InputRefused, InvalidDefinition, InvalidInput } from '../core/values/errors.ts'
import { fromJsonText } from '../core/values/json.ts'
import { maxSchedules } from '../core/values/times.ts'

/**
 * The first day of a leap year. The input is checked for the first occurrence after a fixed instant, not after today: a
 * function that fails for one day of the year must not keep every worker from starting on the day before.
 */
const sampleFrom = 1_704_067_200_000

/** @throws InvalidDefinition, InvalidInput, InputRefused */
export function schedulesFrom(schedules: Runner['schedules'], jobs: Runner['jobs']): Runner['schedules'] {
  if (schedules.length > maxSchedules) {
    throw new InvalidInput('defineRunner.schedules', schedules.length, `at most ${maxSchedules} schedules`)
  }
  const names = new Set<string>()
  for (const [index, declaration] of schedules.entries()) {
    if (typeof declaration?.when !== 'object') {
      throw new InvalidInput(`defineRunner.schedules[${index}]`, declaration, 'a schedule, as schedule() makes it')
    }
    const { name, type } = declaration
    if (names.has(name)) throw new InvalidDefinition(`two schedules have the name '${name}'`)
    names.add(name)
    const contract = Object.hasOwn(jobs, type) ? jobs[type] : undefined
    if (contract === undefined) {
      const known = Object.keys(jobs).join(', ') || 'none'
      throw new InvalidDefinition(`schedule '${name}' enqueues the job type '${type}'; defined: ${known}`)
    }
    checkInput(declaration, contract)
  }
  return schedules
}

/** A schema whose check is asynchronous is asked by the sweeper only. */
function checkInput(declaration: ScheduleDeclaration, contract: JobContract): void {
  const from = Math.max(sampleFrom, declaration.startAt ?? 0)
  const definition = anchored(declaration, from)
  const time = boundedNext(definition)(from - 1) ?? boundedNext(definition)(0) ?? from
  const where = `schedule(${declaration.name}).input`
  const input = inputOf(where, declaration, scheduledTimeOf(definition, time))
  const checked = contract.input['~standard'].validate(fromJsonText(input))
  if (checked instanceof Promise || checked.issues === undefined) return
  throw new InputRefused(
    contract.type,
    checked.issues.map(({ message, path = [] }) => ({
      path: [where, ...path.map(part => String(typeof part === 'object' ? part.key : part))].join('.'),
      message,
    })),
  )
}
