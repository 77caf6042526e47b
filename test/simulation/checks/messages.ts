import { firstHoldMs } from '../../../lib/core/definition/policy.ts'
import { policyOf } from '../../../lib/core/definition/runner.ts'
import { isTerminal } from '../../../lib/core/job/job.ts'
import { type Check, isStart } from './check.ts'

const hourMs = 3_600_000

export const fewMessages: Check = {
  invariant: 'I11',
  what: 'messages per start ≤ 1 + ⌈log2(1 + wait ÷ hold₀)⌉ up to 1 h of hold, then one an hour',
  looks: ({ loop, table, runner }) => ({
    sent({ id, sends, placedAt }) {
      const type = table.raw(id)?.type
      if (type === undefined) return undefined
      const waitMs = loop.now - placedAt + 10_000
      const doublings = Math.ceil(Math.log2(1 + waitMs / firstHoldMs(policyOf(runner, type))))
      // One more may have been under way when the job was placed.
      const most = 2 + doublings + Math.floor(waitMs / hourMs)
      return sends > most
        ? `${sends} messages for ${id} in ${Math.round(waitMs / 1_000)} s; at most ${most}`
        : undefined
    },
  }),
}

export const fewWrites: Check = {
  invariant: 'I11',
  what: 'in calm, a job that completes at once takes three writes, one scheduled far ahead five',
  looks: ({ facts, plan, table }) => ({
    atEnd() {
      if (plan.profile !== 'calm' || plan.move !== undefined) return undefined
      for (const { id, writes, isDisturbed } of facts.jobs.values()) {
        const item = table.raw(id)
        if (isDisturbed || item?.state !== 'COMPLETED' || item.attempt !== 1 || item.progress !== undefined) continue
        // In a slot of its own, perhaps after a time in line: two writes and two messages more.
        if (item.pass !== undefined) continue
        const isFar = (item.scheduledAt ?? 0) - (item.insertedAt ?? 0) > 900_000
        const beats = facts.job(id).heartbeats
        if (writes - beats > (isFar ? 5 : 3)) return `${id} took ${writes} writes`
      }
      return undefined
    },
  }),
}

export const staleMessagesStartNothing: Check = {
  invariant: 'I12',
  what: 'a message starts the job only under the fence that it carries',
  looks: ({ facts }) => ({
    wrote(write) {
      if (!isStart(write) || write.writer === undefined) return undefined
      const fences = facts.of(write.writer).fences.get(write.id) ?? new Set()
      const fence = write.before?.fence
      return fence !== undefined && fences.has(fence)
        ? undefined
        : `a message of fence ${[...fences].join(' or ')} starts ${write.id}, which has fence ${fence}`
    },
  }),
}

export const purgedJobsEnd: Check = {
  invariant: 'I12',
  what: 'losing every message loses no job',
  looks: ({ facts, table }) => ({
    atEnd() {
      for (const { id, isPurged } of facts.jobs.values()) {
        const state = table.raw(id)?.state
        if (isPurged && state !== undefined && !isTerminal(state) && !table.isOfLater(id))
          return `${id} lost its messages and is ${state} for ever`
      }
      return undefined
    },
  }),
}

export const everyJobEnds: Check = {
  invariant: 'I1',
  what: 'every acknowledged job ends once faults stop',
  looks: ({ facts, table }) => ({
    atEnd() {
      for (const { id, isAcknowledged, isPurged, removals } of facts.jobs.values()) {
        const item = table.raw(id)
        if (table.isOfLater(id)) continue
        if (isAcknowledged && item === undefined && removals === 0) return `${id} was acknowledged and is not there`
        if (item?.state !== undefined && !isTerminal(item.state) && !isPurged) return `${id} is ${item.state} for ever`
      }
      return undefined
    },
  }),
}
