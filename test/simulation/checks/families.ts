import { isTerminal } from '../../../lib/core/job/job.ts'
import { parentOf } from '../../../lib/core/job/parent.ts'
import { chunkOf, keyOfChunk, keyOfGroup, pendingIn } from '../../../lib/core/records/group.ts'
import { membersOf } from '../batches.ts'
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

export const batchesComplete: Check = {
  invariant: 'I28',
  what: 'what follows a batch is put after all of its jobs, and its handler is not called before each of them has ended',
  looks: sim => {
    const { table, facts } = sim
    const { ended } = endsIn(sim)
    return {
      wrote({ kind, id, after }) {
        if (kind !== 'insert' || after?.batch === undefined) return undefined
        const missing = membersOf(sim, id).find(one => table.raw(one) === undefined && !ended.has(one))
        return missing === undefined ? undefined : `${id} is made before ${missing}, a job of its batch`
      },
      handler({ id }) {
        if (table.raw(id)?.batch === undefined) return undefined
        const left = membersOf(sim, id).find(one => !ended.has(one))
        sim.count('batch followed')
        return left === undefined ? undefined : `${id} begins before ${left}, a job of its batch, has ended`
      },
      atEnd() {
        for (const { id, batch, state } of table.items()) {
          if (batch === undefined || id === undefined || state !== 'COMPLETED') continue
          if (facts.job(id).handlerCalls === 0) return `${id} is COMPLETED, and was never called after its batch`
        }
        return undefined
      },
    }
  },
}

/** The recorder sees an end with its next batch, within five seconds; a message and a start come after that. */
const wokenMs = 30_000

export const batchesFollowedSoon: Check = {
  invariant: 'I28',
  what: 'in calm what follows a batch is called within 30 s after the last of its jobs has ended',
  looks: sim => {
    const { table, plan, loop, facts } = sim
    const { batches = [], acts, recorderDownMs = 0, losesJoins = 0 } = plan
    const isCalm = Object.keys(plan.rates).length === 0 && acts.length === 0 && recorderDownMs + losesJoins === 0
    if (batches.length === 0 || !isCalm) return {}
    return {
      handler({ id }) {
        const { batch, insertedAt = 0 } = table.raw(id) ?? {}
        if (batch === undefined || facts.job(id).handlerCalls > 1) return undefined
        const ends = membersOf(sim, id).map(one => table.raw(one)?.finishedAt ?? 0)
        const lateMs = loop.now - Math.max(insertedAt, ...ends)
        return lateMs > wokenMs ? `${id} begins ${lateMs} ms after the last job of its batch has ended` : undefined
      },
    }
  },
}

export const batchesFollowedOnce: Check = {
  invariant: 'I28',
  what: 'what follows a batch is called once, unless a run of it failed, was lost or asked for',
  looks: ({ table, facts }) => ({
    atEnd() {
      for (const { id, batch, state } of table.items()) {
        if (batch === undefined || id === undefined) continue
        const { handlerCalls, effects, crashes, isDisturbed, removals } = facts.job(id)
        if (isDisturbed || removals > 0 || crashes > 0) continue
        if (state !== 'COMPLETED' && state !== 'FAILED') return `${id} is ${state}, and its batch has ended`
        if (effects > 1) return `${id} took effect ${effects} times in ${handlerCalls} calls`
      }
      return undefined
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
