import { createHash } from 'node:crypto'
import type { ScheduleDeclaration } from './definition.ts'

/**
 * Tells two definitions of one schedule apart: 16 hexadecimal digits over its data, and over the text of its input
 * function. The order of options makes no difference. What an input function calls is not part of it.
 */
export function definitionHash(declaration: ScheduleDeclaration): string {
  const { input, ...data } = declaration
  const shown =
    input.kind === 'json' ? input : { kind: input.kind, text: Function.prototype.toString.call(input.inputAt) }
  return hashText(canonical({ ...data, input: shown }))
}

/** One hash for all schedules of a deployment, whatever their order. */
export const definitionsHash = (declarations: readonly ScheduleDeclaration[]): string =>
  hashText(canonical(declarations.map(declaration => `${declaration.name}=${definitionHash(declaration)}`).toSorted()))

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** JSON text with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : entry,
  )
