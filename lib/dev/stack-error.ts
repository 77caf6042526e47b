/** Something that the person at the terminal can put right: shown as one line, without a stack. */
export class StackError extends Error {
  override readonly name = 'StackError'
}
