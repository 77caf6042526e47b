import type { StoredRecord } from '../../core/records/record.ts'
import type { Deps } from '../../ports/deps.ts'

/** Of one query. */
const pageSize = 100

/** Bounds of a part, both included. */
export interface PartRange {
  readonly id: string
  readonly prefix: string
  /** The page starts after this part, which need not exist. */
  readonly after?: string
  readonly until?: string
  readonly most: number
  readonly isDescending?: boolean
}

/** Records of one id, in order, as many as are wanted. @throws Unavailable */
export async function readParts(
  { records }: Pick<Deps, 'records'>,
  { id, prefix, after, until, most, isDescending = false }: PartRange,
): Promise<readonly StoredRecord[]> {
  const found: StoredRecord[] = []
  let from = after
  do {
    const limit = Math.min(pageSize, most - found.length)
    const page = await records.query({ id, prefix, limit, isDescending, ...(from === undefined ? {} : { from }) })
    for (const record of page.records) {
      const isBeyond = until !== undefined && (isDescending ? record.part < until : record.part > until)
      if (isBeyond) return found
      found.push(record)
    }
    from = page.next
  } while (from !== undefined && found.length < most)
  return found
}
