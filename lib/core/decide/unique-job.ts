/** What a job with a unique key does where its id is taken: one answer for each state and each rule. */
import type { UniqueRule } from '../definition/unique.ts'
import { isTerminal, isUnderstood, type Job } from '../job/job.ts'
import { isOwnReplacement, isOwnRequest } from '../transitions/own-write.ts'
import { hasStarted, nextOf } from '../transitions/unique.ts'

export type UniqueDecision =
  /** Nothing is written. */
  | { readonly kind: 'existing' }
  | { readonly kind: 'conflict' }
  /** A write of this request was carried out before: its answer was lost. */
  | { readonly kind: 'mine' }
  /** T26, T27, T28. */
  | { readonly kind: 'renew' }
  | { readonly kind: 'replace' }
  | { readonly kind: 'askAgain'; readonly action: 'replaced' | 'queuedBehind' }
  /** T29 of the job that was to follow comes first. */
  | { readonly kind: 'beginNext' }
  /** A later release wrote it. */
  | { readonly kind: 'unknown' }

/** @param request the token of whoever asks */
export function decideUnique(
  stored: Job,
  rule: Pick<UniqueRule, 'scope' | 'onConflict'>,
  request: string,
): UniqueDecision {
  const { onConflict, scope } = rule
  const next = nextOf(stored)
  if (isOwnRequest(stored, request) || isOwnReplacement(stored, request)) return { kind: 'mine' }
  if (next !== undefined && next.request === request) return { kind: 'mine' }
  if (!isUnderstood(stored)) return { kind: 'unknown' }
  if (isTerminal(stored.state)) {
    if (stored.next !== undefined) return { kind: 'beginNext' }
    return scope === 'window' ? whileThere(onConflict) : { kind: 'renew' }
  }
  if (!hasStarted(stored)) return onConflict === 'replace' ? { kind: 'replace' } : whileThere(onConflict)
  if (scope !== 'started' && onConflict !== 'again') return whileThere(onConflict)
  if (stored.next === undefined) return { kind: 'askAgain', action: 'queuedBehind' }
  switch (onConflict) {
    case 'return':
    case 'refuse':
      return whileThere(onConflict)
    case 'replace':
      return { kind: 'askAgain', action: 'replaced' }
    case 'again':
      return { kind: 'askAgain', action: 'queuedBehind' }
  }
}

const whileThere = (onConflict: UniqueRule['onConflict']): UniqueDecision =>
  onConflict === 'refuse' ? { kind: 'conflict' } : { kind: 'existing' }
