import type { RunHooks, Surroundings } from '../core/definition/run-hooks.ts'
import { objectIn, refuseUnknownKeys } from '../core/values/check-options.ts'
import { InvalidInput } from '../core/values/errors.ts'

const hookNames = ['before', 'after', 'failed'] as const satisfies readonly (keyof RunHooks)[]

/** @throws InvalidInput naming the entry */
export function surroundingsIn(where: string, { middleware = [], hooks = [] }: Surroundings): Required<Surroundings> {
  for (const [name, list] of Object.entries({ middleware, hooks })) {
    if (!Array.isArray(list)) throw new InvalidInput(`${where}.${name}`, list, 'a list')
  }
  for (const [index, one] of middleware.entries()) functionIn(`${where}.middleware[${index}]`, one)
  for (const [index, one] of hooks.entries()) {
    const field = `${where}.hooks[${index}]`
    objectIn(field, one)
    refuseUnknownKeys(field, one, hookNames)
    for (const name of hookNames) if (one[name] !== undefined) functionIn(`${field}.${name}`, one[name])
  }
  return { middleware, hooks }
}

function functionIn(field: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidInput(field, value, 'a function')
}
