/** What a tick has to do for one schedule: its due occurrences, as jobs that are ready to be written. */
import { atGate } from '../../core/definition/limit.ts'
import { contractOf, queuePolicyOf, type Runner } from '../../core/definition/runner.ts'
import { tenantOf } from '../../core/definition/tenant.ts'
import type { Job } from '../../core/job/job.ts'
import type { StoredDefinition, StoredSchedule } from '../../core/records/schedule-record.ts'
import { inputOf, type ScheduleDefinition, type ScheduleInput } from '../../core/schedule/definition.ts'
import { type Due, dueOf } from '../../core/schedule/misfire.ts'
import type { Occurrence } from '../../core/schedule/occurrences.ts'
import { scheduledTimeOf } from '../../core/schedule/time-zone.ts'
import { newJob } from '../../core/transitions/enqueue.ts'
import { InvalidDefinition } from '../../core/values/errors.ts'
import { fromJsonText } from '../../core/values/json.ts'
import { leadMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkInput } from '../check-input.ts'
import { newRequestToken } from '../tokens.ts'

export interface Firing {
  readonly schedule: StoredSchedule
  readonly due: Due
  readonly jobs: readonly Job[]
}

/** Whether the schedule has something to fire within the lead. */
export const isDue = ({ status, nextAt }: StoredSchedule, now: number): boolean =>
  status === 'ACTIVE' && nextAt !== undefined && nextAt <= now + leadMs

/**
 * Every occurrence up to the lead is fired at once, so that it starts to the second although ticks come once a minute.
 * @throws whatever the input function throws; InputRefused, UnknownType: the schedule stays due
 */
export async function planFiring(deps: Deps, schedule: StoredSchedule, now: number): Promise<Firing> {
  const { nextAt = now, fired, definition: stored } = schedule
  const definition = withInput(deps.runner, stored)
  const { times } = definition
  const window = { lastAt: nextAt - 1, now, until: now + leadMs }
  const due = dueOf(definition, times === undefined ? window : { ...window, remaining: Math.max(0, times - fired) })
  const jobs: Job[] = []
  let { lastJob: after } = schedule
  for (const [index, occurrence] of due.occurrences.entries()) {
    const missedBefore = index === 0 ? due.dropped : 0
    jobs.push(await jobOf(deps, definition, { occurrence, missedBefore, after, now }))
    after = occurrence.jobId
  }
  return { schedule, due, jobs }
}

/** The definition as it is stored, with the function of this deployment where the input is one. */
export function withInput(runner: Runner, { input, ...definition }: StoredDefinition): ScheduleDefinition {
  return { ...definition, paused: false, input: input.kind === 'json' ? input : functionOf(runner, definition.name) }
}

const inputs = new WeakMap<Runner, ReadonlyMap<string, ScheduleInput>>()

function functionOf(runner: Runner, name: string): ScheduleInput {
  const known = inputs.get(runner) ?? new Map(runner.schedules.map(declared => [declared.name, declared.input]))
  inputs.set(runner, known)
  const declared = known.get(name)
  if (declared !== undefined) return declared
  throw new InvalidDefinition(`schedule '${name}' takes its input from a function that this deployment does not have`)
}

export interface Occasion {
  readonly occurrence: Occurrence
  readonly missedBefore?: number
  /** The job of the occurrence before. */
  readonly after: string | undefined
  readonly now: number
}

/** The job of one occurrence: the same for every sweeper but for the token of its request. */
export async function jobOf(
  { runner, random }: Pick<Deps, 'runner' | 'random'>,
  definition: ScheduleDefinition,
  { occurrence, missedBefore = 0, after, now }: Occasion,
): Promise<Job> {
  const { name, type, timezone, overlap, enqueue } = definition
  const contract = contractOf(runner, type)
  const input = inputOf(
    `schedule(${name}).input`,
    definition,
    scheduledTimeOf(definition, occurrence.time, { missedBefore }),
  )
  const output = await checkInput(contract, fromJsonText(input))
  const tenant = tenantOf(contract, output)
  const { maxAttempts = contract.policy.maxAttempts, ...options } = enqueue
  const given = {
    id: occurrence.jobId,
    type,
    queue: contract.queue,
    input,
    dueAt: occurrence.runAt,
    maxAttempts,
    ...options,
    ...(tenant === undefined ? {} : { tenant }),
    ...atGate(runner, contract, output),
    occasion: {
      schedule: name,
      occurrence: occurrence.time,
      ...(timezone === 'UTC' ? {} : { timezone }),
      ...(missedBefore === 0 ? {} : { missedBefore }),
      ...(after === undefined || overlap === 'allow' ? {} : { after, overlap }),
    },
  }
  const { shards } = queuePolicyOf(runner, contract.queue)
  return newJob(given, now, newRequestToken(random), contract.policy, shards)
}
