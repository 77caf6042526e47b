import { LamplighterError } from '../core/values/errors.ts'

/** Something that the person at the terminal can put right: shown as one line, without a stack. */
export class StackError extends LamplighterError {
  override readonly name = 'StackError'
  readonly code = 'stack_failed'
}
