import { LamplighterError } from '../core/values/errors.ts'

/** What scripts learn of a command without reading its output. These numbers do not change. */
export const exitCodes = {
  done: { code: 0, meaning: 'done' },
  notPossible: { code: 1, meaning: 'the command ran, and what it is about failed or is not possible' },
  wrongUse: { code: 2, meaning: 'wrong use: an unknown command or option, or a value that is refused' },
  notFound: { code: 3, meaning: 'not found' },
  notAllowed: { code: 4, meaning: 'no credentials, or not allowed' },
  unavailable: { code: 5, meaning: 'a service did not answer; the same command may succeed later' },
  interrupted: { code: 130, meaning: 'ended by Ctrl-C' },
} as const

export type ExitName = keyof typeof exitCodes

/** Codes of Lamplighter's errors. Others, faults of Lamplighter itself included, are `notPossible`. */
const exitNames: Readonly<Record<string, ExitName>> = {
  invalid_input: 'wrongUse',
  input_refused: 'wrongUse',
  job_too_large: 'wrongUse',
  unknown_type: 'notFound',
  unavailable: 'unavailable',
  no_target: 'wrongUse',
  engines_missing: 'wrongUse',
  not_allowed: 'notAllowed',
  unknown_stack: 'notFound',
  unknown_table: 'notFound',
  ambiguous_id: 'wrongUse',
  not_found: 'notFound',
}

const exitsByStatus: Readonly<Record<number, ExitName>> = {
  400: 'wrongUse',
  401: 'notAllowed',
  403: 'notAllowed',
  404: 'notFound',
  413: 'wrongUse',
  415: 'wrongUse',
  422: 'wrongUse',
  429: 'unavailable',
}

/** Of what the API refuses. */
const exitOfStatus = (status: number): ExitName =>
  exitsByStatus[status] ?? (status >= 500 ? 'unavailable' : 'notPossible')

export function exitNameOf(error: unknown): ExitName {
  if (!(error instanceof LamplighterError)) return 'notPossible'
  const ofStatus = 'status' in error && typeof error.status === 'number' ? exitOfStatus(error.status) : 'notPossible'
  return exitNames[error.code] ?? ofStatus
}
