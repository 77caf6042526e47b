/**
 * Compares the mappings of queues that somebody paused or scaled with the control record, and applies it again: a change may
 * not have come through, and a deploy may have put it back. Queues that nobody touched cost no request.
 */
import { queuePolicyOf } from '../../core/definition/runner.ts'
import type { Control } from '../../core/records/control.ts'
import { pauseOf, resumedWithin } from '../../core/records/pause.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Mapping, MappingChange, Mappings } from '../../ports/mappings.ts'
import { applyMapping } from '../operate/apply-mapping.ts'
import { endOverride } from '../operate/scale.ts'

/** Never rejects: mappings decide about no job. */
export async function tickMappings(deps: Deps, control: Control): Promise<void> {
  const { mappings } = deps
  if (mappings === undefined) return
  const now = deps.clock.now()
  const touched = Object.keys(deps.runner.queues).filter(
    queue => control.paused.has(queue) || control.concurrency.has(queue) || resumedWithin(control, queue, now),
  )
  for (const queue of touched) {
    try {
      await align(deps, mappings, { queue, control })
    } catch (error) {
      deps.telemetry.emit({ name: 'mapping_failed', queue, error: String(error) })
    }
  }
}

interface Aligning {
  readonly queue: string
  readonly control: Control
}

async function align(deps: Deps, mappings: Mappings, { queue, control }: Aligning): Promise<void> {
  const { concurrency: code } = queuePolicyOf(deps.runner, queue)
  const override = control.concurrency.get(queue)
  const hasDeployed = override !== undefined && !override.isOver && override.code !== code
  if (hasDeployed) {
    await endOverride(deps, queue, override)
    deps.telemetry.emit({ name: 'queue_scaled', queue, concurrency: code, code, wasDeployed: true })
  }
  const found = await mappings.read(queue)
  if (found === undefined) return
  const isPaused = pauseOf(control, queue, deps.clock.now()) !== undefined
  const wanted = override === undefined ? undefined : hasDeployed || override.isOver ? code : override.value
  const change = difference(found, { isEnabled: !isPaused, ...(wanted === undefined ? {} : { concurrency: wanted }) })
  if (change !== undefined) return applyMapping(deps, queue, change)
  if (override?.isOver === true) await endOverride(deps, queue, override)
}

/** Undefined where the mapping is as it should be, or is on its way. */
function difference(
  { state, concurrency }: Mapping,
  wanted: Required<Pick<MappingChange, 'isEnabled'>> & MappingChange,
) {
  const isEnabled = state !== 'Disabled' && state !== 'Disabling'
  const change = {
    ...(isEnabled === wanted.isEnabled ? {} : { isEnabled: wanted.isEnabled }),
    ...(wanted.concurrency === undefined || wanted.concurrency === concurrency
      ? {}
      : { concurrency: wanted.concurrency }),
  }
  return Object.keys(change).length === 0 ? undefined : change
}
