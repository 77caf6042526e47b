/** Groups of jobs that somebody waits for, as their sets say it: the recorder keeps these up to date. */
import type { GroupName } from '../../core/job/parent.ts'
import { groupFrom, nameOfRoot, pendingIn } from '../../core/records/group.ts'
import { partsOf } from '../../core/records/keys.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import type { Deps } from '../../ports/deps.ts'

/** One group. */
export interface GroupCount {
  readonly name: string
  readonly of: number
  /** Those that have not ended, as far as the recorder has come. */
  readonly left: number
  readonly madeAt: number
}

const pageSize = 100

/** All groups of one generation of a job, or of a batch, by their names. @throws Unavailable */
export async function groupsOf({ records }: Deps, place: Omit<GroupName, 'name'>): Promise<readonly GroupCount[]> {
  const all: StoredRecord[] = []
  let from: string | undefined
  do {
    const query = { id: place.id, prefix: partsOf('group', place, place.generation), limit: pageSize }
    const page = await records.query({ ...query, ...(from === undefined ? {} : { from }) })
    all.push(...page.records)
    from = page.next
  } while (from !== undefined)
  return all.flatMap(record => {
    const name = nameOfRoot(record)
    const root = groupFrom(record)
    if (name === undefined || root === undefined) return []
    // Its chunks follow it: its own part, and a number of four digits.
    const chunks = all.filter(({ part }) => part.startsWith(`${record.part}#`))
    const left = chunks.reduce((sum, chunk) => sum + pendingIn(chunk).length, 0)
    return [{ name, of: root.of, left, madeAt: root.madeAt }]
  })
}
