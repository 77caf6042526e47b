/** Who did what: the audit, the newest act first. */
import {
  type AuditOptions,
  auditAsked,
  cursorOf,
  dayBefore,
  matches,
  midnightOf,
} from '../../core/lookup/audit-filter.ts'
import { type AuditEntry, auditFrom } from '../../core/records/audit.ts'
import { auditKey } from '../../core/records/keys.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { fromJsonText } from '../../core/values/json.ts'
import type { Deps } from '../../ports/deps.ts'

export interface AuditView extends Omit<AuditEntry, 'at' | 'options'> {
  readonly at: string
  /** What was asked for, without inputs. Absent where nothing was, or where it takes more than 400 bytes. */
  readonly options?: unknown
}

export interface AuditPage {
  readonly acts: readonly AuditView[]
  /** Records read for this page. */
  readonly looked: number
  /** Where the next page starts; absent after the last. */
  readonly next?: string
}

const pageSize = 100
/** Of one page, so that it ends in time: a filter may match nothing. */
const maxLooked = 1_000

/**
 * Costs half a read unit for each day, and one for some thirty records that it looks at.
 * @throws InvalidInput for an option out of its range, and for the cursor of another list; Unavailable
 */
export async function listAudit(deps: Deps, options: AuditOptions = {}): Promise<AuditPage> {
  const { filter, first, start, limit, hash } = auditAsked(options, deps.clock.now())
  const acts: AuditView[] = []
  let looked = 0
  // Parts are read backwards, from this one on, which need not exist.
  let from = start
  const page = () => ({ acts, looked })
  const rest = () => ({ ...page(), next: cursorOf(hash, from) })
  while (from >= first) {
    const day = dayBefore(from)
    const { records, next } = await deps.records.query({
      id: auditKey(day, '').id,
      prefix: '',
      limit: pageSize,
      isDescending: true,
      from,
    })
    for (const record of records) {
      if (record.part < first) return page()
      if (acts.length === limit || looked === maxLooked) return rest()
      looked += 1
      from = record.part
      const entry = auditFrom(record)
      if (entry !== undefined && matches(entry, filter)) acts.push(viewOf(entry))
    }
    from = next ?? midnightOf(day)
  }
  return page()
}

function viewOf({ at, options, ...entry }: AuditEntry): AuditView {
  return { at: formatInstant(at), ...entry, ...(options === undefined ? {} : { options: readable(options) }) }
}

/** Somebody may have edited the record. */
function readable(text: string): unknown {
  try {
    return fromJsonText(text)
  } catch {
    return text
  }
}
