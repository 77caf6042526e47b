import { textIn } from '../values/check-options.ts'

/** They stand in paths of the HTTP API, so `/`, `?`, `#`, `%` and names of dots alone are out. */
export const scheduleNames = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/
export const scheduleNameRule = "a letter, a digit or '_', then also '.', ':' and '-', at most 128 in all"

/** The name of a schedule. @throws InvalidInput */
export const scheduleNameIn = (field: string, value: unknown): string =>
  textIn(field, value, scheduleNames, scheduleNameRule)
