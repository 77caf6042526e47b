/** Cancels the jobs of a group together with whoever waits for them: those that were made to end with it. */
import { childJobId } from '../../core/job/ids.ts'
import { generationOf, type Job, lifeOf } from '../../core/job/job.ts'
import { batchOf, type GroupName } from '../../core/job/parent.ts'
import { groupFrom, keyOfChunk, nameOfRoot, pendingIn } from '../../core/records/group.ts'
import { partsOf } from '../../core/records/keys.ts'
import { mapBounded } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { cancel } from '../operate/operate.ts'

/** Of a request: an HTTP API waits for 30 s at most. */
const timeMs = 15_000
const cancelledAtOnce = 10

/**
 * Best effort, and as long as its time lasts: a child that is not reached finds at its start that its parent has ended. Never
 * rejects.
 */
export async function cancelChildren(deps: Deps, parent: Job): Promise<void> {
  const until = deps.clock.now() + timeMs
  try {
    for (const group of await boundGroups(deps, parent)) await cancelGroup(deps, group, until)
  } catch {
    // The table does not answer: the children find out for themselves.
  }
}

/** Groups that somebody waits for, and that are to end with it. @throws Unavailable */
async function boundGroups({ records }: Deps, parent: Job): Promise<readonly Open[]> {
  const place: Omit<GroupName, 'name'> =
    parent.batch === undefined ? { ...lifeOf(parent), generation: generationOf(parent) } : batchOf(parent.id)
  const open: Open[] = []
  let from: string | undefined
  do {
    const query = { id: parent.id, prefix: partsOf('group', place, place.generation), limit: pageSize }
    const page = await records.query({ ...query, ...(from === undefined ? {} : { from }) })
    for (const record of page.records) {
      const name = nameOfRoot(record)
      const root = groupFrom(record)
      if (name !== undefined && root?.isBound === true) open.push({ ...place, name, chunks: root.open })
    }
    from = page.next
  } while (from !== undefined)
  return open
}

const pageSize = 100

interface Open extends GroupName {
  readonly chunks: readonly number[]
}

async function cancelGroup(deps: Deps, { chunks, ...group }: Open, until: number): Promise<void> {
  const stored = await deps.records.get(chunks.map(chunk => keyOfChunk(group, chunk)))
  await mapBounded(
    stored.flatMap(chunk => pendingIn(chunk)),
    cancelledAtOnce,
    async index => {
      if (deps.clock.now() < until) await cancel(deps, childJobId(group, index)).catch(() => {})
    },
  )
}
