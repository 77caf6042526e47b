import { describe, expect, it } from 'vitest'
import { childJobId } from '../../../../lib/core/job/ids.ts'
import { batchOf, parentOf, parentText } from '../../../../lib/core/job/parent.ts'

const group = { id: 'order#1', life: 'k3J9aQ', generation: 2, name: 'parts #1 of 100%' }

describe('the parent of a job', () => {
  it.each([true, false])('reads as it was written, whatever its names hold (bound: %s)', isBound => {
    const parent = { ...group, index: 9_999, isBound }
    expect(parentOf({ parent: parentText(parent) })).toStrictEqual(parent)
  })

  it('is none where there is none, or where an edit left what nobody can read', () => {
    for (const parent of ['', 'x', 'a#1#children#0', 'a#x#0##n#id', 'a#1#0#other#n#id', 'a#1#0##n#']) {
      expect(parentOf({ parent })).toBeUndefined()
    }
    expect(parentOf({})).toBeUndefined()
  })
})

it('each place in each group has an id of its own, and always the same', () => {
  const others = [{ id: 'order#2' }, { life: 'k3J9aR' }, { generation: 3 }, { name: 'parts #1 of 100' }]
  const ids = [
    childJobId(group, 0),
    childJobId(group, 1),
    childJobId(batchOf('order#1'), 0),
    ...others.map(one => childJobId({ ...group, ...one }, 0)),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  expect(childJobId(group, 0)).toBe(ids[0])
})
