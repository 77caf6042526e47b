import { integerIn } from '../values/check-options.ts'
import { InvalidInput } from '../values/errors.ts'
import { toJsonText } from '../values/json.ts'
import { maxNotifyBytes, maxPriority, maxTagLength, maxTags } from '../values/times.ts'

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

/** JSON text that is handed on with a job's events. @throws InvalidInput @throws JobTooLarge */
export const notifyIn = (field: string, notify: unknown): string => toJsonText(field, notify, maxNotifyBytes)
