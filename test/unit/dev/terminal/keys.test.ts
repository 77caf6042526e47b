import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { expect, it } from 'vitest'
import { listenForKeys } from '../../../../lib/dev/terminal/keys.ts'

it('calls what a key stands for, until it is stopped, and leaves the terminal as it was', () => {
  const modes: boolean[] = []
  const pressed: string[] = []
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => modes.push(mode) })
  const stop = listenForKeys(input as unknown as ReadStream, { r: () => pressed.push('r') }, () => pressed.push('^C'))
  input.emit('data', Buffer.from('rx\u{3}'))
  expect(pressed).toEqual(['r', '^C'])
  stop()
  input.emit('data', Buffer.from('r'))
  expect(pressed).toHaveLength(2)
  expect(modes).toEqual([true, false])
})

it('does nothing without a keyboard', () => {
  const input = new PassThrough()
  listenForKeys(input as unknown as ReadStream, {}, () => undefined)()
  expect(input.listenerCount('data')).toBe(0)
})
