/** The audit: who did what, one record an act, kept for 90 days. */
import { utf8Bytes } from '../values/json.ts'
import { auditKey } from './keys.ts'
import type { StoredRecord } from './record.ts'

/** What was acted on. */
export interface AuditTarget {
  /** Id of a job. */
  readonly job?: string
  /** Its type. */
  readonly type?: string
  /** A queue; of a job, its queue after the act. */
  readonly queue?: string
  readonly schedule?: string
  readonly bulk?: string
}

export interface AuditEntry extends AuditTarget {
  /** Epoch milliseconds. */
  readonly at: number
  /** Who: an ARN, the subject of a token, `local`, or what a client says of itself. */
  readonly actor: string
  /** `cancel`, `pauseSchedule` … */
  readonly act: string
  /** JSON text of the act's options; never an input. */
  readonly options?: string
}

export const maxActorLength = 256
/** In milliseconds. */
export const auditKeptMs = 90 * 86_400_000
/** So that an entry stays within one write unit. */
const maxOptionsBytes = 400

const targetNames = ['job', 'type', 'queue', 'schedule', 'bulk'] as const

/** @param token tells acts of one instant apart */
export function auditRecord(entry: AuditEntry, token: string): StoredRecord {
  const { options, ...rest } = entry
  // Cut text would be no JSON.
  const kept = options === undefined || utf8Bytes(options) > maxOptionsBytes ? {} : { options }
  return {
    ...auditKey(entry.at, token),
    attributes: { ...rest, ...kept, ttl: Math.ceil((entry.at + auditKeptMs) / 1_000) },
  }
}

/** Undefined for a record that is none. */
export function auditFrom({ attributes }: StoredRecord): AuditEntry | undefined {
  const { at, actor, act, options } = attributes
  if (typeof at !== 'number' || typeof actor !== 'string' || typeof act !== 'string') return undefined
  const target = Object.fromEntries(
    targetNames.flatMap(name => (typeof attributes[name] === 'string' ? [[name, attributes[name]]] : [])),
  )
  return { at, actor, act, ...target, ...(typeof options === 'string' ? { options } : {}) }
}
