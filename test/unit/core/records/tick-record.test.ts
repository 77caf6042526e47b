import { describe, expect, it } from 'vitest'
import { tickKey } from '../../../../lib/core/records/keys.ts'
import { lastTickFrom, noteTick } from '../../../../lib/core/records/tick-record.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import { createTestRunner } from '../../../../lib/testing/test-runner.ts'

const note = { looked: 3, setAside: 1, leftOver: 2, oldestDueMs: 500, isComplete: false }

describe('the record of the last tick', () => {
  it('is read as it was written, and the next one takes its place', async () => {
    const { records } = createTestRunner({ runner: defineRunner({ jobs: [] }), handlers: [] })
    const stored = async () => lastTickFrom((await records.get([tickKey]))[0])
    expect(await stored()).toBeUndefined()
    await records.update([{ key: tickKey, change: noteTick(note, 1_000) }])
    expect(await stored()).toEqual({ ...note, endedAt: 1_000 })
    const sound = { looked: 0, setAside: 0, leftOver: 0, oldestDueMs: 0, isComplete: true }
    await records.update([{ key: tickKey, change: noteTick(sound, 2_000) }])
    expect(await stored()).toEqual({ ...sound, endedAt: 2_000 })
  })

  it('that somebody edited counts as zeros, or as none', () => {
    expect(lastTickFrom({ ...tickKey, attributes: { endedAt: 5, looked: 'many' } })).toMatchObject({ looked: 0 })
    expect(lastTickFrom({ ...tickKey, attributes: { endedAt: 'now' } })).toBeUndefined()
  })
})
