/**
 * Queues with a window: each tick fills them up to it from their lines, whatever the flag says, and sets the flag right. So
 * a line moves also after every worker has died, and after its window was taken out of the code.
 */
import { hasWindows, windowOf } from '../../core/definition/runner.ts'
import { type Control, noteWindow } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import { pauseOf } from '../../core/records/pause.ts'
import { leadMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { changed } from '../gates/places.ts'
import { catchUp, type Filled, fallBehind, fill, isShallow, readBehind } from '../gates/window-line.ts'

/** Jobs of a queue without a window that one tick hands out. */
const mostWithoutWindow = 5_000

/** Never rejects. @returns whether every queue was looked at; what was not comes with the next tick */
export async function tickWindows(deps: Deps, control: Control, endAt: number): Promise<boolean> {
  try {
    return await lookAtAll(deps, control, endAt)
  } catch (error) {
    deps.telemetry.emit({ name: 'store_failed', transition: 'tickWindows', error: String(error) })
    return false
  }
}

async function lookAtAll(deps: Deps, control: Control, endAt: number): Promise<boolean> {
  const known = new Set(control.windows)
  const fresh = Object.keys(deps.runner.queues).filter(queue => hasWindows(deps.runner, [queue]) && !known.has(queue))
  // Kept on record: a window that is taken out of the code leaves jobs in line. One at a time: the first makes the map.
  const [first] = fresh
  if (first !== undefined) await changed(deps, controlKey, noteWindow(control, first))
  const now = deps.clock.now()
  const queues = [...known, ...fresh].filter(queue => pauseOf(control, queue, now) === undefined)
  const looked = await Promise.all(queues.map(queue => lookedAt(deps, queue, endAt)))
  return looked.every(isWhole => isWhole)
}

/** One queue that cannot be looked at must not stop the others. */
async function lookedAt(deps: Deps, queue: string, endAt: number): Promise<boolean> {
  try {
    if (deps.clock.now() >= endAt) return false
    await level(deps, queue)
    return true
  } catch (error) {
    deps.telemetry.emit({ name: 'store_failed', transition: 'tickWindows', error: String(error) })
    return false
  }
}

async function level(deps: Deps, queue: string): Promise<void> {
  const window = windowOf(deps.runner, queue)
  if (window === undefined) {
    await fill(deps, queue, mostWithoutWindow, leadMs)
    return
  }
  const { visible } = await deps.queue.depth(queue)
  const since = await readBehind(deps, queue)
  const { handedOut, isEmpty } = await fillUp(deps, queue, Math.max(0, window - visible))
  if (since === undefined && (visible > window || !isEmpty)) await fallBehind(deps, queue)
  if (since !== undefined && isEmpty && isShallow(visible + handedOut, window)) await catchUp(deps, queue, since)
}

/** Those that are due first; where places are left, those that will be so before the next tick has looked. */
async function fillUp(deps: Deps, queue: string, places: number): Promise<Filled> {
  const due = await fill(deps, queue, places)
  if (due.isEmpty || due.handedOut >= places) return due
  const ahead = await fill(deps, queue, places - due.handedOut, leadMs)
  return { ...ahead, handedOut: due.handedOut + ahead.handedOut }
}
