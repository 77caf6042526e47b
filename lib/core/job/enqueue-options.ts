import { integerIn } from '../values/check-options.ts'
import { durationForm, durationMs } from '../values/duration.ts'
import { InvalidInput } from '../values/errors.ts'
import { instantOf } from '../values/instant.ts'
import { toJsonText } from '../values/json.ts'
import { maxAheadMs, maxNotifyBytes, maxPriority, maxTagLength, maxTags } from '../values/times.ts'

/** Starts before a job ends FAILED. @throws InvalidInput */
export const maxAttemptsIn = (field: string, value: unknown): number => integerIn(field, value, 1, 1_000)

/** @throws InvalidInput */
export const priorityIn = (field: string, value: unknown): number => integerIn(field, value, -maxPriority, maxPriority)

/** @throws InvalidInput naming the tag */
export function tagsIn(field: string, tags: unknown): readonly string[] {
  const allowed = `a list of at most ${maxTags} texts of 1 to ${maxTagLength} characters`
  if (!Array.isArray(tags) || tags.length > maxTags) throw new InvalidInput(field, tags, allowed)
  for (const [index, tag] of tags.entries()) {
    if (typeof tag !== 'string' || tag.length === 0 || tag.length > maxTagLength || !tag.isWellFormed()) {
      throw new InvalidInput(`${field}[${index}]`, tag, allowed)
    }
  }
  return tags as readonly string[]
}

export const startByRule =
  "a duration from '1s' to '3650d' after the job is due, or a Date or ISO 8601 text with a zone after that"

/** The last instant at which the job may start. @throws InvalidInput unless it is after the job is due */
export function startByIn(field: string, value: unknown, dueAt: number): number {
  if (typeof value === 'string' && durationForm.test(value)) return dueAt + durationMs(field, value, 1_000, maxAheadMs)
  const at = instantOf(value)
  if (at === undefined || at <= dueAt || at > dueAt + maxAheadMs) throw new InvalidInput(field, value, startByRule)
  return at
}

/** JSON text that is handed on with a job's events. @throws InvalidInput @throws JobTooLarge */
export const notifyIn = (field: string, notify: unknown): string => toJsonText(field, notify, maxNotifyBytes)
