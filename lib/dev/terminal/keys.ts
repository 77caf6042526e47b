/** Single keys at a terminal, while a stack runs. */
import type { ReadStream } from 'node:tty'

/** What a key does; Ctrl-C is always the program's own signal. */
export type Keys = Readonly<Record<string, () => void>>

/**
 * Listens until it is stopped. Where nobody sits at a keyboard nothing happens.
 * @returns stops, and gives the terminal back as it was
 */
export function listenForKeys(input: ReadStream, keys: Keys, interrupt: () => void): () => void {
  if (!input.isTTY) return () => undefined
  const hear = (chunk: Buffer): void => {
    for (const key of chunk.toString()) {
      // In raw mode Ctrl-C is a key like any other.
      if (key === '\u{3}') interrupt()
      else keys[key]?.()
    }
  }
  input.setRawMode(true)
  input.on('data', hear)
  input.resume()
  return () => {
    input.off('data', hear)
    input.setRawMode(false)
    input.pause()
  }
}
