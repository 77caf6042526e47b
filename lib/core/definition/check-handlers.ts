import { InvalidDefinition, show } from '../values/errors.ts'
import type { JobHandler } from './run-hooks.ts'
import type { Runner } from './runner.ts'

/**
 * What a worker checks before it takes its first job. The construct runs the same check at synth.
 * @throws InvalidDefinition when two handlers have one type, or when a contract is not the very one of the runner
 */
export function checkHandlers(runner: Runner, handlers: readonly JobHandler[]): void {
  if (!Array.isArray(handlers)) {
    throw new InvalidDefinition(`handlers is ${show(handlers)}; allowed: a list of what handle() returns`)
  }
  const seen = new Set<string>()
  for (const [index, handler] of handlers.entries()) {
    const contract = (handler as Partial<JobHandler> | undefined)?.contract
    if (contract === undefined) {
      throw new InvalidDefinition(`handlers[${index}] is ${show(handler)}; allowed: what handle() returns`)
    }
    const { type } = contract
    if (seen.has(type)) throw new InvalidDefinition(`there are two handlers for job type '${type}'`)
    if (!Object.hasOwn(runner.jobs, type)) {
      throw new InvalidDefinition(
        `there is a handler for job type '${type}', which the runner does not list; listed: ` +
          (Object.keys(runner.jobs).join(', ') || 'none'),
      )
    }
    if (runner.jobs[type] !== contract) {
      throw new InvalidDefinition(
        `runner and handlers hold two copies of the contract of job type '${type}': they import it from two files, ` +
          'such as src/jobs.ts and dist/jobs.js. Let both import the same file',
      )
    }
    seen.add(type)
  }
}

/** Types that no handler serves. */
export const typesWithoutHandler = (runner: Runner, handlers: readonly JobHandler[]): readonly string[] => {
  const served = new Set(handlers.map(({ contract }) => contract.type))
  return Object.keys(runner.jobs).filter(type => !served.has(type))
}
