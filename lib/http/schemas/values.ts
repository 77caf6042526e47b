/**
 * Shapes that several routes share. Each carries, as its message, what an error says is allowed; the words are those of the
 * core, which checks what a shape cannot say.
 */
import * as v from 'valibot'
import { durationForm, durationRule } from '../../core/values/duration.ts'
import { maxPriority, maxTagLength, maxTags } from '../../core/values/times.ts'

/** Any JSON. */
export const json = v.unknown()

export const wholeNumber = (min: number, max: number) => {
  const rule = `a whole number from ${min} to ${max}`
  return v.pipe(v.number(rule), v.integer(rule), v.minValue(min, rule), v.maxValue(max, rule))
}

/** A whole number in a query, where everything is text. */
export const wholeNumberText = (min: number, max: number) => {
  const rule = `a whole number from ${min} to ${max}`
  return v.pipe(
    v.string(rule),
    v.regex(/^-?\d{1,15}$/, rule),
    v.transform(Number),
    v.number(rule),
    v.integer(rule),
    v.minValue(min, rule),
    v.maxValue(max, rule),
  )
}

export const text = (minLength: number, maxLength: number) => {
  const rule = `text of ${minLength} to ${maxLength} characters`
  return v.pipe(v.string(rule), v.minLength(minLength, rule), v.maxLength(maxLength, rule))
}

export const oneOf = <const Texts extends readonly string[]>(texts: Texts) =>
  v.picklist(texts, texts.map(one => `'${one}'`).join(', '))

export const bool = v.boolean('true or false')

export const duration = v.pipe(
  v.string(durationRule),
  v.regex(durationForm, durationRule),
  v.description("A length of time, such as '30s', '5m' or '2h' (units ms, s, m, h, d)."),
)

/** What is read as an instant; the core knows how far away it may lie. */
export const instantGiven = (rule: string) => v.pipe(v.string(rule), v.description('An instant: ISO 8601 with a zone.'))

/** As answers show one. */
export const instant = v.pipe(v.string(), v.isoTimestamp(), v.description('ISO 8601 in UTC.'))

const tagsRule = `a list of at most ${maxTags} texts of 1 to ${maxTagLength} characters`
export const tags = v.pipe(
  v.array(v.pipe(v.string(tagsRule), v.minLength(1, tagsRule), v.maxLength(maxTagLength, tagsRule)), tagsRule),
  v.maxLength(maxTags, tagsRule),
)
export const maxAttempts = wholeNumber(1, 1_000)
export const priority = wholeNumber(-maxPriority, maxPriority)

/** Rows of one page. */
export const limit = wholeNumberText(1, 100)
export const cursor = v.pipe(
  v.string(),
  v.maxLength(12_000, 'what a page gave as `next`'),
  v.description('Where the page before ended: its `next`.'),
)
