/**
 * Cells: what the named steps of a workflow left, each written once. Whoever comes second reads what the first has
 * written, so all runs of a generation see the same value under a name. Pure.
 */
import { generationOf, type Job, lifeOf } from '../job/job.ts'
import type { JobError } from '../job/job-error.ts'
import { fromJsonText } from '../values/json.ts'
import { cellKey, partsOf } from './keys.ts'
import type { StoredRecord } from './record.ts'

export const cellKinds = ['step', 'version', 'sleep', 'wait', 'signal', 'children', 'joined'] as const
/**
 * - `step`: what a function returned, or how it failed for the last time
 * - `version`: the number that was current
 * - `sleep`: when it ends
 * - `wait`: until when a signal is waited for. The signal itself has the name
 * - `signal`: what came; without `value` and with `isLate`: nothing came in time
 * - `children`: all jobs of a group are there, and are waited for. What they left has the name
 * - `joined`: all of them have ended; what each left, or only how each ended where that is too much
 */
export type CellKind = (typeof cellKinds)[number]

/** What a cell holds. JSON text, so that every reader gets a value of its own. */
export interface Cell {
  readonly name: string
  readonly kind: CellKind
  /** JSON text. Absent: undefined, or in the bucket, or the step failed. */
  readonly value?: string
  /** Where the value is that no cell holds: `s3:` and the key of its object. */
  readonly ref?: string
  /** Of that value, as JSON. */
  readonly bytes?: number
  /** JSON text of the error with which the step failed for good. */
  readonly error?: string
  /** Of a sleep and of a wait: its end. */
  readonly dueAt?: number
  /** Of children: how many. */
  readonly of?: number
  /** Of a signal: the time was up before one came. */
  readonly isLate?: true
  readonly madeAt: number
  /** Of the run that made it. Absent of a signal that came from outside. */
  readonly attempt?: number
  /** How many its run knew, and had begun to write: the order of cells of one millisecond. Absent of a signal from outside. */
  readonly order?: number
}

/** In the order in which they were written. */
export const inOrder = (cells: readonly Cell[]): readonly Cell[] =>
  cells.toSorted((a, b) => a.madeAt - b.madeAt || (a.order ?? 0) - (b.order ?? 0))

/** Cells of one generation: what a run loads must fit into a worker's memory, and into a few reads. */
export const maxCells = 1_000
/** Of all cells of one generation together. */
export const maxCellsBytes = 4 * 1024 * 1024
/** Of one value as JSON that a cell holds: an item of DynamoDB holds 400 KB, and a write unit pays one. */
export const maxCellBytes = 300 * 1024

const dayMs = 86_400_000
/** Cells outlive the longest workflow, a year, and the time for which its job is kept. */
export const keptMs = 400 * dayMs

/** Of two under one name: what is waited for, and what came. */
export const isWait = (kind: CellKind): boolean => kind === 'wait' || kind === 'children'

/** How cells are told apart in memory. A name has no control characters. */
export const cellId = ({ name, kind }: Pick<Cell, 'name' | 'kind'>): string => (isWait(kind) ? `\0${name}` : name)

export function cellRecord(job: Job, cell: Cell, keepMs: number): StoredRecord {
  const { name, kind, value, ref, bytes, error, dueAt, of, isLate, madeAt, attempt, order } = cell
  return {
    ...cellKey(lifeOf(job), generationOf(job), name, isWait(kind)),
    attributes: {
      kind,
      name,
      ...(value === undefined ? {} : { value }),
      ...(ref === undefined ? {} : { ref }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(error === undefined ? {} : { error }),
      ...(dueAt === undefined ? {} : { dueAt }),
      ...(of === undefined ? {} : { of }),
      ...(isLate === undefined ? {} : { late: 1 }),
      madeAt,
      ...(attempt === undefined ? {} : { attempt }),
      ...(order === undefined ? {} : { order }),
      ttl: Math.ceil((madeAt + keptMs + keepMs) / 1_000),
    },
  }
}

/** Undefined for a record that is no cell, or of a kind that a later release writes. */
export function cellFrom({ attributes }: StoredRecord): Cell | undefined {
  const { name, kind, value, ref, bytes, error, dueAt, of, late, madeAt, attempt, order } = attributes
  if (typeof name !== 'string' || !isCellKind(kind) || typeof madeAt !== 'number') return undefined
  return {
    name,
    kind,
    ...(typeof value === 'string' ? { value } : {}),
    ...(typeof ref === 'string' ? { ref } : {}),
    ...(typeof bytes === 'number' ? { bytes } : {}),
    ...(typeof error === 'string' ? { error } : {}),
    ...(typeof dueAt === 'number' ? { dueAt } : {}),
    ...(typeof of === 'number' ? { of } : {}),
    ...(late === undefined ? {} : { isLate: true }),
    madeAt,
    ...(typeof attempt === 'number' ? { attempt } : {}),
    ...(typeof order === 'number' ? { order } : {}),
  }
}

const isCellKind = (kind: unknown): kind is CellKind => (cellKinds as readonly unknown[]).includes(kind)

/** Where the cells of the job's generation are: an id, and the prefix of their parts. */
export const cellsOf = (job: Job): { readonly id: string; readonly prefix: string } => ({
  id: job.id,
  prefix: partsOf('cell', lifeOf(job), generationOf(job)),
})

export const valueOf = ({ value }: Pick<Cell, 'value'>): unknown =>
  value === undefined ? undefined : fromJsonText(value)

export const errorOf = ({ error = '{}' }: Pick<Cell, 'error'>): JobError => fromJsonText(error) as JobError
