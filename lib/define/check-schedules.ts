import type { Runner } from '../core/definition/runner.ts'
import { InvalidDefinition, InvalidInput } from '../core/values/errors.ts'
import { maxSchedules } from '../core/values/times.ts'

/**
 * What only the runner can check: names, and that their jobs are there. The calendar is not imported here, so that the
 * bundles of a runner without schedules do without it.
 * @throws InvalidDefinition, InvalidInput
 */
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
    if (!Object.hasOwn(jobs, type)) {
      const known = Object.keys(jobs).join(', ') || 'none'
      throw new InvalidDefinition(`schedule '${name}' enqueues the job type '${type}'; defined: ${known}`)
    }
  }
  return schedules
}
