import { isTerminal } from '../../../lib/core/job/job.ts'
import { laneOf } from '../../../lib/core/job/lane.ts'
import { tickMs } from '../../../lib/core/values/times.ts'
import type { JobFacts, Run } from '../job-facts.ts'
import type { Plan } from '../plan.ts'
import type { Sim } from '../sim.ts'
import type { Check } from './check.ts'

const isAtWork = (run: Run): boolean =>
  run.handlerCalls > 0 && !run.isSettled && !run.isReleased && run.signal?.aborted === false

export const crashesAlone: Check = {
  invariant: 'I15',
  what: 'a job that crashed, and was taken over by its message, takes nobody along the next time',
  looks: ({ facts }) => ({
    takedown(worker, { id, placement }) {
      if (placement !== 'T7') return undefined
      const other = facts.runsOf(worker).find(run => run.id !== id && isAtWork(run))
      return other === undefined ? undefined : `${id} takes ${worker.name} down again, and ${other.id} with it`
    },
  }),
}

/** Processes die by their handlers only, and every write arrives. */
const isDeathExplained = ({ rates }: Plan): boolean =>
  rates.killed === undefined &&
  rates.frozen === undefined &&
  !Object.keys(rates).some(name => ['store', 'queue', 'transaction'].some(kind => name.startsWith(kind)))

/** Runs of the job that ended because another one took their process down. */
const hitsOf = ({ facts }: Sim, job: JobFacts): number =>
  job.runs.filter(({ proc, leaseUntil }) => leaseUntil !== undefined && facts.of(proc).takenDownBy !== undefined).length

export const innocentsSpared: Check = {
  invariant: 'I15',
  what: 'a job whose handler never takes its process down is charged with a crash only when another one did',
  looks: sim => ({
    atEnd() {
      if (!isDeathExplained(sim.plan)) return undefined
      for (const job of sim.facts.jobs.values()) {
        const hits = hitsOf(sim, job)
        if (job.takedowns > 0 || job.edits > 0 || job.crashes <= hits) continue
        return `${job.id} is charged with ${job.crashes} crashes; its processes died ${hits} times`
      }
      return undefined
    },
  }),
}

/** Lanes that a tick of its own second would look into. */
const calmLanes = ({ plan, runner }: Sim): readonly string[] =>
  plan.queues.flatMap(queue => {
    if (queue === plan.deepQueue) return []
    return Array.from({ length: runner.queues[queue]?.shards ?? 0 }, (_, shard) => laneOf(queue, 'live', shard))
  })

export const calmQueuesWalked: Check = {
  invariant: 'I15',
  what: 'a queue without a backlog is walked in every tick, whatever the others hold',
  looks: sim => ({
    placerEnded(placer) {
      if (sim.plan.deepQueue === undefined || placer.kind !== 'sweeper') return undefined
      const { lanes } = sim.facts.of(placer)
      const missed = calmLanes(sim).find(lane => !lanes.has(lane))
      return missed === undefined ? undefined : `${placer.name} has not looked into ${missed}`
    },
  }),
}

export const calmQueuesOnTime: Check = {
  invariant: 'I15',
  what: 'an overdue job of a queue without a backlog is handed out within two ticks',
  looks: ({ plan, table, loop }) => ({
    everyMinute() {
      if (plan.deepQueue === undefined) return undefined
      for (const { id, state, queue, lookAt } of table.items()) {
        if (state === undefined || isTerminal(state) || queue === plan.deepQueue || lookAt === undefined) continue
        const lateMs = loop.now - lookAt
        // Two ticks, and the minute that the second may take.
        if (lateMs > 3 * tickMs) return `${id} of queue ${queue} is ${state}, and ${lateMs} ms overdue`
      }
      return undefined
    },
  }),
}

export const ticksHonest: Check = {
  invariant: 'I10',
  what: 'a tick that calls itself complete leaves no job behind that was due when it began',
  looks: ({ plan, table, facts }) => ({
    told(proc, event) {
      if (plan.deepQueue === undefined || event.name !== 'tick' || !event.isComplete) return undefined
      for (const { id, state, lookAt, type } of table.items()) {
        if (id === undefined || type === undefined || state === undefined || isTerminal(state)) continue
        const wasDue = lookAt !== undefined && lookAt < proc.bornAt && facts.job(id).writtenAt < proc.bornAt
        if (wasDue && !facts.job(id).isAstray)
          return `${proc.name} calls its tick complete; ${id} is due since ${lookAt}`
      }
      return undefined
    },
  }),
}

export const putsBeforeMessages: Check = {
  invariant: 'I10',
  what: 'no message of a large enqueue is given up before its job is in the table',
  looks: ({ plan, facts }) => ({
    wrote({ kind, id }) {
      if (plan.deepQueue === undefined || kind !== 'insert') return undefined
      return facts.job(id).orphansDropped > 0 ? `the message of ${id} was given up before its put` : undefined
    },
  }),
}
