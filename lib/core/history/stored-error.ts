import type { JobError } from '../job/job-error.ts'

/** The error that an item holds as JSON text; any other text is a message without a name. */
export function storedError(text: string): JobError {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) {
      const { name, message, stack } = value as Readonly<Record<string, unknown>>
      return {
        name: typeof name === 'string' ? name : 'Error',
        message: typeof message === 'string' ? message : '',
        ...(typeof stack === 'string' ? { stack } : {}),
      }
    }
  } catch {
    // No JSON: the text of somebody else.
  }
  return { name: 'Error', message: text }
}

const frame = /^\s*at\s+(.{1,400})$/m
const maxFrameLength = 200

/** Where an error was thrown, as its stack names it: `send (src/mail.ts:41:7)`. */
export function topFrameOf(stack: string | undefined): string | undefined {
  const [, text] = frame.exec(stack ?? '') ?? []
  return text?.trim().slice(0, maxFrameLength).toWellFormed()
}
