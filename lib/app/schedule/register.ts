/**
 * Schedules that code defines are registered by the sweeper, whose bundle holds them: within a minute of a deploy, and in
 * the same way after a roll-back, in a local stack and in a test. The hash of all of them, in the control record, says
 * whether there is anything to do.
 */
import { type Control, setIfSeen } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import { definitionsHash } from '../../core/schedule/definition-hash.ts'
import { chunksOf } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { planRegistration, type Registering } from './plan-registration.ts'
import { listedSchedules, schedulesNamed } from './read-schedules.ts'
import { writeTakingBack } from './take-back.ts'

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
    if (!(await applyAll(deps, some, now))) return false
  }
  const change = setIfSeen('scheduleHash', control.scheduleHash, hashOf(runner))
  const [outcome] = await deps.records.update([{ key: controlKey, change }])
  return outcome?.kind === 'applied'
}

/** @returns whether all of it is written. A schedule that an operator changed a moment ago is read again by the next tick. */
async function applyAll(deps: Deps, plan: readonly Registering[], now: number): Promise<boolean> {
  const { telemetry } = deps
  const written = await writeTakingBack(deps, plan, now)
  for (const [index, registering] of plan.entries()) {
    const outcome = written[index]
    const { name } = registering.after.definition
    if (outcome === 'written') {
      telemetry.emit({ name: registering.event, schedule: name })
    } else if (typeof outcome === 'object') {
      telemetry.emit({ name: 'store_failed', id: name, transition: registering.name, error: outcome.error.message })
    }
  }
  return written.every(outcome => outcome === 'written')
}
