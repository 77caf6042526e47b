/** Conditions of RFC 9110, section 13: a caller changes only what it has seen, and reads only what it has not. */
import { createHash } from 'node:crypto'
import { InvalidInput } from '../core/values/errors.ts'

/** What a caller expects to find. */
export type Precondition =
  | { readonly kind: 'any' }
  /** `If-Match: *`: something is there. */
  | { readonly kind: 'exists' }
  /** `If-None-Match: *`: nothing is. */
  | { readonly kind: 'absent' }
  /** `If-Match: "…"`: this version is. */
  | { readonly kind: 'version'; readonly version: string }

/** One strong entity tag; a weak one does not name a version. */
const form = /^"([\x21\x23-\x7e]{1,128})"$/

export const etagOf = (version: string | number): string => `"${version}"`

/**
 * The condition that a request carries.
 * @throws InvalidInput for a list, a weak tag, or text that is none: its sender believes to be safe from a lost update
 */
export function preconditionOf(headers: Headers): Precondition {
  const [match, noneMatch] = [headers.get('if-match'), headers.get('if-none-match')]
  if (match !== null && noneMatch !== null) {
    throw new InvalidInput('If-Match and If-None-Match', 'given together', 'one of the two', 'are both given')
  }
  if (noneMatch !== null) {
    if (noneMatch.trim() !== '*') throw new InvalidInput('If-None-Match', noneMatch, '*')
    return { kind: 'absent' }
  }
  if (match === null) return { kind: 'any' }
  if (match.trim() === '*') return { kind: 'exists' }
  const version = form.exec(match.trim())?.[1]
  if (version === undefined)
    throw new InvalidInput('If-Match', match, 'one ETag in double quotes, as an answer gave it, or *')
  return { kind: 'version', version }
}

/** As `preconditionOf`, for acts on what is there: only a version can be asked for. @throws InvalidInput */
export function expectedVersion(headers: Headers): string | undefined {
  const condition = preconditionOf(headers)
  if (condition.kind === 'absent') throw new InvalidInput('If-None-Match', '*', 'If-Match, on what is there')
  return condition.kind === 'version' ? condition.version : undefined
}

/** The tag of an answer by its text. It is weak, so that no change of a version asks for it. */
export const contentTag = (text: string): string =>
  `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`

/** Whether `If-None-Match` of a read names this weak tag. `*` does not count: the reader has nothing yet. */
export const isSeen = (headers: Headers, tag: string): boolean =>
  (headers.get('if-none-match') ?? '').split(',').some(one => one.trim() === tag)
