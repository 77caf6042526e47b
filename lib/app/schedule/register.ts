/**
 * Schedules that code defines are registered by the sweeper, whose bundle holds them: within a minute of a deploy, and in
 * the same way after a roll-back, in a local stack and in a test. The hash of all of them, in the control record, says
 * whether there is anything to do.
 */
import { type Control, setIfSeen } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import { definitionsHash } from '../../core/schedule/definition.ts'
import { chunksOf } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { eventsOfAct } from '../record/act-events.ts'
import { newRequestToken } from '../tokens.ts'
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
 * Takes the place of the hash with a token, applies what differs as long as the token is there, then writes the hash. A
 * crash in between leaves the token, which is no release's hash: the next tick of whatever release begins anew. Of two
 * sweepers, of one release or of two, the one that began later goes on.
 * @param endAt when to stop and leave the rest to the next tick, epoch milliseconds
 * @returns false when something was left to the next tick
 * @throws Unavailable
 */
export async function registerSchedules(deps: Deps, control: Control, endAt: number): Promise<boolean> {
  const { runner } = deps
  const token = `registering ${newRequestToken(deps.random)}`
  if (!(await placed(deps, control.scheduleHash, token))) return false
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
    if (!(await applyAll(deps, withEvents(deps, some, control), { now, token }))) return false
  }
  return placed(deps, token, hashOf(runner))
}

/** Only what is read after the token stands is known to stay as it is. */
async function placed({ records }: Deps, seen: string | undefined, value: string): Promise<boolean> {
  const [outcome] = await records.update([{ key: controlKey, change: setIfSeen('scheduleHash', seen, value) }])
  return outcome?.kind === 'applied'
}

function withEvents(deps: Deps, plan: readonly Registering[], { isPublishing }: Control): readonly Registering[] {
  if (!isPublishing) return plan
  return plan.map(change => ({ ...change, events: eventsOfAct(deps, change.act, change, change.now) }))
}

/** @returns whether all of it is written. A schedule that an operator changed a moment ago is read again by the next tick. */
async function applyAll(
  deps: Deps,
  plan: readonly Registering[],
  { now, token }: { readonly now: number; readonly token: string },
): Promise<boolean> {
  const { telemetry } = deps
  const written = await writeTakingBack(deps, plan, now, token)
  for (const [index, registering] of plan.entries()) {
    const outcome = written[index]
    const { name } = registering.after.definition
    if (outcome === 'written') {
      telemetry.emit({ name: registering.act, schedule: name })
    } else if (typeof outcome === 'object') {
      telemetry.emit({ name: 'store_failed', id: name, transition: registering.name, error: outcome.error.message })
    }
  }
  return written.every(outcome => outcome === 'written')
}
