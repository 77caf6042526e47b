import { toJsonText } from '../values/json.ts'
import { maxItemBytes } from '../values/quotas.ts'
import { itemReserveBytes } from '../values/times.ts'
import type { ScheduledTime, ScheduleInput } from './definition.ts'

/**
 * The input of one occurrence's job, as JSON text. Calls the input function, which may throw anything.
 * @throws InvalidInput @throws JobTooLarge
 */
export const inputOf = (where: string, { input }: { readonly input: ScheduleInput }, at: ScheduledTime): string =>
  input.kind === 'json' ? input.json : toJsonText(where, input.inputAt(at), maxItemBytes - itemReserveBytes)
