import type { Entries, Fields, RecordValue, Scalar } from './record.ts'

/** An attribute, an entry of a map, or a field of such an entry: `held`, `held.<job>`, `held.<job>.by`. */
export interface Path {
  readonly attribute: string
  readonly key?: string
  /** Only together with `key`. */
  readonly field?: string
}

export type Comparison = '=' | '<' | '<=' | '>' | '>='

/**
 * One condition. Only these: every engine evaluates them alike. Texts compare by their UTF-8 bytes, numbers by value;
 * values of two kinds are neither equal nor ordered. The one form of OR is "absent, or …".
 */
export type RecordClause =
  | (Path & { readonly op: 'absent' | 'present' })
  | (Path & { readonly op: Comparison; readonly value: Scalar; readonly orAbsent?: true })
  /** The attribute is a map with fewer entries than this. */
  | { readonly attribute: string; readonly op: 'sizeBelow'; readonly value: number }

/** No two actions of one change may touch the same attribute, except for entries of one map under different keys. */
export type RecordAction =
  | { readonly op: 'set'; readonly attribute: string; readonly value: RecordValue }
  | { readonly op: 'remove'; readonly attribute: string }
  /** To a number, which may be absent: then it begins at 0. Carried out twice it counts twice; a guard must prevent it. */
  | { readonly op: 'add'; readonly attribute: string; readonly amount: number }
  /** Both ask that the map is there: without it the change is refused. Put an empty map first. */
  | { readonly op: 'setEntry'; readonly attribute: string; readonly key: string; readonly value: Scalar | Fields }
  | { readonly op: 'removeEntry'; readonly attribute: string; readonly key: string }
  /** To a set of numbers, which is made if it is absent. */
  | { readonly op: 'addNumbers'; readonly attribute: string; readonly numbers: readonly number[] }
  /** Numbers that are not in the set are passed over; without its last member the set is gone. */
  | { readonly op: 'deleteNumbers'; readonly attribute: string; readonly numbers: readonly number[] }

/** A change of one record, as data: the memory twin evaluates it, lib/aws renders it to a conditional write. */
export type RecordChange = {
  /** The guard is in the name: `raiseShardsIfLower`. */
  readonly name: string
  /** Must all hold, or nothing is written and the stored record comes back. */
  readonly guard: readonly RecordClause[]
} & (
  | {
      readonly actions: readonly [RecordAction, ...RecordAction[]]
      /** Makes the record if there is none. Otherwise a change without a record is refused. */
      readonly makes?: true
    }
  /** The record itself goes. */
  | { readonly deletes: true }
)

/** The maps that must be there: whoever writes or removes an entry asks for its map. */
export function neededMaps(change: RecordChange): readonly string[] {
  if ('deletes' in change) return []
  const maps = change.actions.flatMap(action =>
    action.op === 'setEntry' || action.op === 'removeEntry' ? [action.attribute] : [],
  )
  return [...new Set(maps)]
}

/** Removes a record whatever it holds; refused when there is none. */
export const deleteIfThere: RecordChange = { name: 'deleteIfThere', guard: [], deletes: true }

export const isEntries = (value: RecordValue): value is Entries => typeof value === 'object' && !(value instanceof Set)
