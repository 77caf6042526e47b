/**
 * Schedules that code defines are registered by the sweeper, whose bundle holds them: within a minute of a deploy, and in
 * the same way after a roll-back, in a local stack and in a test. The hash of all of them, in the control record, says
 * whether there is anything to do.
 */
import { policyOf } from '../../core/definition/runner.ts'
import { isTerminal } from '../../core/job/job.ts'
import { type Control, setIfSeen } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import type { StoredSchedule } from '../../core/records/schedule-record.ts'
import { definitionsHash } from '../../core/schedule/definition-hash.ts'
import { occurrencesIn } from '../../core/schedule/occurrences.ts'
import { cancelIfSeen } from '../../core/transitions/cancel.ts'
import { chunksOf } from '../../core/values/lists.ts'
import { leadMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { newRequestToken } from '../tokens.ts'
import { writeAll } from '../write.ts'
import { withInput } from './plan-firing.ts'
import { planRegistration, type Registering } from './plan-registration.ts'
import { listedSchedules, schedulesNamed } from './read-schedules.ts'
import { writeSchedules } from './write-schedules.ts'

/** Schedules between two looks at the clock. */
const atOnce = 250

const noSchedules = definitionsHash([])

/** Whether this deployment defines other schedules than those that are registered. */
export const isRegistered = ({ runner }: Pick<Deps, 'runner'>, { scheduleHash = noSchedules }: Control): boolean =>
  scheduleHash === hashOf(runner)

const hashes = new WeakMap<Deps['runner'], string>()

function hashOf(runner: Deps['runner']): string {
  const known = hashes.get(runner)
  const hash = known ?? definitionsHash(runner.schedules)
  hashes.set(runner, hash)
  return hash
}

/**
 * Applies what differs, then writes the hash: a crash in between repeats the rest. Two sweepers of two releases each write
 * under the guard of what they read.
 * @param endAt when to stop and leave the rest to the next tick, epoch milliseconds
 * @returns false when something was left to the next tick
 * @throws Unavailable
 */
export async function registerSchedules(deps: Deps, control: Control, endAt: number): Promise<boolean> {
  const { runner } = deps
  const stored = new Map(
    await schedulesNamed(
      deps,
      runner.schedules.map(({ name }) => name),
    ),
  )
  for await (const page of listedSchedules(deps)) {
    for (const schedule of page) if (schedule.owner === 'code') stored.set(schedule.definition.name, schedule)
  }
  const now = deps.clock.now()
  const plan = planRegistration(runner.schedules, stored, now)
  for (const some of chunksOf(plan, atOnce)) {
    if (deps.clock.now() >= endAt) return false
    if (!(await applyAll(deps, some))) return false
  }
  const change = setIfSeen('scheduleHash', control.scheduleHash, hashOf(runner))
  const [outcome] = await deps.records.update([{ key: controlKey, change }])
  return outcome?.kind === 'applied'
}

/** @returns whether all of it is written. A schedule that an operator changed a moment ago is read again by the next tick. */
async function applyAll(deps: Deps, plan: readonly Registering[]): Promise<boolean> {
  const { telemetry } = deps
  const written = await writeSchedules(deps, plan)
  for (const [index, registering] of plan.entries()) {
    const outcome = written[index]
    const { name } = registering.after.definition
    if (outcome === 'written') {
      telemetry.emit({ name: registering.event, schedule: name })
      await cancelStale(deps, registering)
    } else if (typeof outcome === 'object') {
      telemetry.emit({ name: 'store_failed', id: name, transition: registering.name, error: outcome.error.message })
    }
  }
  return written.every(outcome => outcome === 'written')
}

/** T15 for jobs that the definition before has enqueued ahead, and that the new one does not have. */
async function cancelStale(deps: Deps, { before, after, now }: Registering): Promise<void> {
  if (before === undefined || before.lastAt === undefined || before.lastAt <= now) return
  const kept = new Set(idsAhead(after, now))
  const ids = idsAhead(before, now).filter(id => !kept.has(id))
  if (ids.length === 0) return
  const jobs = await deps.store.get(ids)
  const changes = jobs.flatMap(job => {
    if (job === undefined || isTerminal(job.state) || job.state === 'IN_PROGRESS') return []
    const asked = { now, request: newRequestToken(deps.random), policy: policyOf(deps.runner, job.type) }
    return [{ id: job.id, transition: cancelIfSeen(job, asked) }]
  })
  await writeAll(deps, changes, { delaysMs: [200] })
}

/** Of occurrences within the lead. Only their times count, so the input may be left out. */
function idsAhead({ definition, status }: StoredSchedule, now: number): readonly string[] {
  if (status === 'REMOVED') return []
  const timed = withInput({ queues: {}, jobs: {}, schedules: [], middleware: [] }, { ...definition, input: noInput })
  return occurrencesIn(timed, now, now + leadMs, maxAhead).map(({ jobId }) => jobId)
}

const noInput = { kind: 'json', json: '{}' } as const
const maxAhead = 1_000
