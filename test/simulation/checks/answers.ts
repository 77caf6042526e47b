import type { TelemetryEvent } from '../../../lib/ports/telemetry.ts'
import type { Proc } from '../proc.ts'
import type { Check, Finding } from './check.ts'

/** What a worker reports, and what it must have written then. */
const reported: Partial<Record<TelemetryEvent['name'], readonly string[]>> = {
  job_completed: [
    'completeIfOwner',
    'commitIfOwner',
    'completeIfOwnerThenNext',
    'commitIfOwnerThenNext',
    'continueIfOwner',
  ],
  job_retry: ['retryIfOwner'],
  job_snoozed: ['snoozeIfOwner'],
}

export const outcomesRecognised: Check = {
  invariant: 'I8',
  what: 'a run whose outcome was written says so, and one whose outcome was not written does not',
  looks: ({ facts, table }) => ({
    told(proc, event) {
      if (proc.kind !== 'worker' || !('id' in event) || event.id === undefined) return undefined
      const run = facts.runsOf(proc).findLast(({ id, leaseUntil }) => id === event.id && leaseUntil !== undefined)
      if (run === undefined) return undefined
      const stored = table.raw(run.id)
      // The completion that a commit without an answer wrote is edited or requeued away: no worker can know of it.
      const isHidden = run.outcome?.startsWith('commitIfOwner') === true && stored?.state !== 'COMPLETED'
      if (event.name === 'late_write' && run.isReleased && stored?.lastOwner === run.owner && !isHidden) {
        return `${proc.name} does not recognise its own outcome of ${run.id}`
      }
      const written = reported[event.name]
      if (isHidden && event.name === 'job_retry') return undefined
      return written !== undefined && !written.includes(run.outcome ?? '')
        ? `${proc.name} reports ${event.name} of ${run.id}; written: ${run.outcome ?? 'nothing'}`
        : undefined
    },
  }),
}

export const putsRecognised: Check = {
  invariant: 'I8',
  what: 'an enqueue whose put was carried out is told `created`, unless another request has placed its keyed job since',
  looks: ({ facts, table }) => ({
    clientEnded(client, outcomes) {
      const { inserted } = facts.of(client)
      for (const outcome of outcomes) {
        if (outcome.kind !== 'enqueued') continue
        const isMine = inserted.get(outcome.id) === table.raw(outcome.id)?.request || !facts.isKeyed(outcome.id)
        if (!outcome.created && inserted.has(outcome.id) && isMine)
          return `${client.name} made ${outcome.id} and is told that it was there`
      }
      return undefined
    },
  }),
}

export const placementsSent: Check = {
  invariant: 'I8',
  what: 'whoever hands a job to the queue and gets to its end has tried to send its message',
  looks: ({ facts, table }) => {
    const ended = (proc: Proc, isUnknown: (id: string) => boolean = () => false): Finding => {
      const { placed, sendTries, storeFailed } = facts.of(proc)
      for (const [id, fence] of placed) {
        if (isUnknown(id)) continue
        // Somebody else has moved the job on since: the message would be of no use.
        const isSuperseded = table.raw(id)?.fence !== fence
        if (isSuperseded || storeFailed.has(id) || sendTries.has(`${id} ${fence}`)) continue
        return `${proc.name} dispatched ${id} (fence ${fence}) and sent nothing`
      }
      return undefined
    }
    return {
      placerEnded: placer => ended(placer),
      batchEnded: worker => ended(worker),
      // Who is told that the store did not answer knows of no job.
      clientEnded: (client, outcomes) => {
        const known = new Set(outcomes.flatMap(one => (one.kind === 'enqueued' ? [one.id] : [])))
        return ended(client, id => !known.has(id))
      },
    }
  },
}

/** The pull is a single try: where the store fails, the hold has to do. */
const hasStoreFaults = (rates: object): boolean => Object.keys(rates).some(name => name.startsWith('store'))

export const failedSendsPulled: Check = {
  invariant: 'I10',
  what: 'a job whose send failed is looked at by the next tick, not after its hold',
  looks: ({ facts, table, plan }) => {
    const ended = (proc: Proc): Finding => {
      if (hasStoreFaults(plan.rates)) return undefined
      const left = facts.of(proc).unsent.find(({ id, fence, at }) => {
        const item = table.raw(id)
        const isWaiting = item?.state === 'RESERVED' || item?.state === 'SCHEDULED' || item?.state === 'RETRY'
        return isWaiting && item?.fence === fence && item.lookAt === at && item.lookAt > proc.now()
      })
      return left === undefined ? undefined : `${proc.name} could not send for ${left.id}, and left it as it was`
    }
    return { clientEnded: ended, placerEnded: ended }
  },
}

export const sameKeySameJob: Check = {
  invariant: 'I16',
  what: 'one idempotency key is one job, and one caller made it',
  looks: ({ facts }) => ({
    clientEnded: () => {
      for (const [key, ids] of facts.ids) if (ids.size > 1) return `key ${key} has ${ids.size} jobs`
      for (const { id, createdAcks, putBy } of facts.jobs.values()) {
        if (createdAcks > putBy.size)
          return `${id}: ${createdAcks} callers were told that they made it, ${putBy.size} puts did`
      }
      return undefined
    },
  }),
}
