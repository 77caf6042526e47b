import { isTerminal } from '../../../lib/core/job/job.ts'
import { parentOf } from '../../../lib/core/job/parent.ts'
import { chunkOf, keyOfChunk, keyOfGroup, pendingIn } from '../../../lib/core/records/group.ts'
import { endsIn } from '../families.ts'
import type { Check } from './check.ts'

export const joinsNotEarly: Check = {
  invariant: 'I28',
  what: 'a job goes on only when every child of its generation has ended',
  looks: sim => {
    const ends = endsIn(sim)
    const look = () => ends.early
    return { batchEnded: look, atEnd: look }
  },
}

export const groupsBeforeChildren: Check = {
  invariant: 'I28',
  what: 'the sets of a group are there before its first child: none ends unseen',
  looks: ({ records }) => ({
    wrote({ kind, id, after }) {
      const parent = kind === 'insert' && after !== undefined ? parentOf(after) : undefined
      if (parent === undefined) return undefined
      const keys = [keyOfGroup(parent), keyOfChunk(parent, chunkOf(parent.index))]
      return keys.every(key => records.read(key) !== undefined) ? undefined : `${id} is made before its group`
    },
  }),
}

export const setsTruthful: Check = {
  invariant: 'I28',
  what: 'only who has ended is out of the sets of its group',
  looks: sim => {
    const { records, table } = sim
    const { ended } = endsIn(sim)
    const look = () => {
      for (const job of table.items()) {
        const parent = parentOf(job)
        if (parent === undefined || job.id === undefined || ended.has(job.id)) continue
        const [root, chunk] = [keyOfGroup(parent), keyOfChunk(parent, chunkOf(parent.index))].map(key =>
          records.read(key),
        )
        const isLeft = pendingIn(chunk).includes(parent.index) && pendingIn(root).includes(chunkOf(parent.index))
        if (chunk !== undefined && !isLeft) return `${job.id} has not ended, and is out of its group`
      }
      return undefined
    }
    return { everyMinute: look, atEnd: look }
  },
}

export const boundChildrenStop: Check = {
  invariant: 'I28',
  what: 'a child that is bound to its parent does not start once that has ended',
  looks: ({ table }) => ({
    handler({ id, leaseUntil }) {
      const child = table.raw(id)
      const parent = child === undefined ? undefined : parentOf(child)
      if (parent?.isBound !== true || leaseUntil === undefined) return undefined
      const { state, finishedAt = 0 } = table.raw(parent.id) ?? {}
      const hasEnded = state !== undefined && isTerminal(state) && finishedAt + spareMs < (child?.startedAt ?? 0)
      return hasEnded ? `${id} starts although ${parent.id} has ended` : undefined
    },
  }),
}

/** Two clocks, which differ by 2 s each. */
const spareMs = 4_000
