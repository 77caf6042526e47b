/** What a tick does for schedules: registers what code defines, follows the zones' rules, fires what is due. */
import { type Control, setIfSeen } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import { rederived } from '../../core/records/schedule-changes.ts'
import type { Deps } from '../../ports/deps.ts'
import { type FireReport, fireSchedules } from './fire.ts'
import { listedSchedules } from './read-schedules.ts'
import { isRegistered, registerSchedules } from './register.ts'
import { writeSchedules } from './write-schedules.ts'

/**
 * Costs nothing where there is no schedule: the control record, which the tick has read, says so. Never rejects: a
 * schedule must not keep jobs from being dispatched.
 * @param endAt epoch milliseconds
 */
export async function tickSchedules(deps: Deps, control: Control, endAt: number): Promise<FireReport> {
  let isComplete = true
  const step = async (transition: string, work: () => Promise<boolean>): Promise<void> => {
    try {
      if (!(await work())) isComplete = false
    } catch (error) {
      isComplete = false
      deps.telemetry.emit({
        name: 'store_failed',
        transition,
        error: error instanceof Error ? error.message : String(error),
      })
    }
  }
  const isNew = !isRegistered(deps, control)
  // A deploy that changes many thousand must not keep the others from firing: the rest comes with the next tick.
  const now = deps.clock.now()
  if (isNew) await step('registerSchedules', () => registerSchedules(deps, control, now + (endAt - now) / 2))
  if (!isNew && control.scheduleCount === 0) return { fired: 0, failed: 0, isComplete }
  if (isNewer(deps.timeZones, control.timeZones)) await step('rederiveSchedules', () => rederive(deps, control))
  const report = await fireSchedules(deps, control, endAt)
  return { ...report, isComplete: isComplete && report.isComplete }
}

/** While a runtime is rolled out, two versions are at work: only the newer one decides. Versions sort as text. */
const isNewer = (ours: string | undefined, seen: string | undefined): boolean =>
  ours !== undefined && (seen === undefined || ours > seen)

/** Each zoned schedule once: what a change of the zones' rules moved fires when the new rules say. */
async function rederive(deps: Deps, control: Control): Promise<boolean> {
  const { timeZones = '' } = deps
  let [count, isComplete] = [0, true]
  // The first version on record moves nothing: the schedules were placed by it.
  if (control.timeZones !== undefined) {
    const now = deps.clock.now()
    for await (const page of listedSchedules(deps)) {
      const zoned = page.filter(({ definition }) => definition.when.kind === 'cron')
      const changes = zoned.flatMap(before => {
        const after = rederived(before, now)
        return after.nextAt === before.nextAt ? [] : [{ name: 'rederiveIfSeen', before, after }]
      })
      const written = await writeSchedules(deps, changes)
      count += written.filter(outcome => outcome === 'written').length
      if (written.some(outcome => typeof outcome === 'object')) isComplete = false
    }
    deps.telemetry.emit({ name: 'schedules_rederived', count, timeZones })
  }
  if (!isComplete) return false
  const change = setIfSeen('timeZones', control.timeZones, timeZones)
  const [outcome] = await deps.records.update([{ key: controlKey, change }])
  return outcome?.kind === 'applied'
}
