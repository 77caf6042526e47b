import { expect, it } from 'vitest'
import { quarantineOf } from '../../../../lib/app/worker/quarantine.ts'

/** Whether a promise has been answered by the end of this turn, and with what. */
async function answerOf(asked: Promise<boolean>): Promise<boolean | 'waits'> {
  const turn = new Promise<'waits'>(resolve => setImmediate(() => resolve('waits')))
  return Promise.race([asked, turn])
}

it('the first suspect waits until all others have settled; the other suspects are turned away at once', async () => {
  const quarantine = quarantineOf(3)
  const first = quarantine.alone('a')
  expect(await answerOf(first)).toBe('waits')
  expect(await answerOf(quarantine.alone('b'))).toBe(false)
  quarantine.settled()
  expect(await answerOf(first)).toBe('waits')
  quarantine.settled()
  expect(await answerOf(first)).toBe(true)
})

it('a suspect that is alone from the start does not wait, and may ask again', async () => {
  const quarantine = quarantineOf(1)
  expect(quarantine.isAlone()).toBe(true)
  expect(await answerOf(quarantine.alone('a'))).toBe(true)
  expect(await answerOf(quarantine.alone('a'))).toBe(true)
})
