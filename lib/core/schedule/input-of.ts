import { toJsonText } from '../values/json.ts'
import { maxItemBytes } from '../values/quotas.ts'
import { itemReserveBytes } from '../values/times.ts'
import type { ScheduledTime, ScheduleInput } from './definition.ts'

/** What is declared as input: JSON, or a function of the occurrence. @throws InvalidInput @throws JobTooLarge */
export const inputFrom = (field: string, value: unknown): ScheduleInput =>
  typeof value === 'function'
    ? { kind: 'function', inputAt: value as (at: ScheduledTime) => unknown }
    : { kind: 'json', json: toJsonText(field, value, maxItemBytes - itemReserveBytes) }

/**
 * The input of one occurrence's job, as JSON text. Calls the input function, which may throw anything.
 * @throws InvalidInput @throws JobTooLarge
 */
export const inputOf = (where: string, { input }: { readonly input: ScheduleInput }, at: ScheduledTime): string =>
  input.kind === 'json' ? input.json : toJsonText(where, input.inputAt(at), maxItemBytes - itemReserveBytes)
