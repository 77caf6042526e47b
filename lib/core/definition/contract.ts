import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Duration } from '../values/duration.ts'
import type { JobPolicy } from './policy.ts'
import type { UniqueContract } from './unique.ts'

/**
 * What a gate allows: `concurrency`, `rate`, or both. Of a whole queue it is for small numbers; its `concurrency` of 2 to
 * 1,000 batches costs nothing.
 * @example { concurrency: 1 }
 */
export interface Limit {
  /**
   * Jobs that run at the same time. 1 to 100: the gate's record holds an entry of about 80 bytes for each, and is written at
   * each start and end. @default any number
   */
  readonly concurrency?: number
  /** How many jobs start in a time. @default any number */
  readonly rate?: JobRate
}

/**
 * As `defineJob` takes it, and as the contract holds it: `concurrency`, `rate`, or both, for the jobs of one key.
 * @example { key: input => input.account, concurrency: 3, rate: { count: 10, per: '1s', burst: 20 } }
 */
export interface JobLimit<Input = unknown> extends Limit {
  /**
   * Which jobs share the limit: text of 1 to 128 characters, made from the input as the handler gets it. Always the same
   * for the same input. @default all jobs of the type share it
   */
  key?(input: Input): string
}

/** At most `burst` + `count` starts in any `per`. */
export interface JobRate {
  /** Starts in a `per`, evenly spread. 1 to 100,000, and at most 100 a second: a tick hands out no more of one key. */
  readonly count: number
  /** The time that `count` is for: '1s' to '7d'. */
  readonly per: Duration
  /** Starts that may happen at once after a time without any. 1 to 10,000. @default 1: even then one after the other */
  readonly burst?: number
}

/** The signals that a handler waits for, each with its schema. */
export type Signals = { readonly [name: string]: StandardSchemaV1 }

/** What producers, API, sweeper and dispatcher know of a job: everything but its handler. */
export interface JobContract<
  Type extends string = string,
  Input = unknown,
  Output = unknown,
  Result = unknown,
  Stored = unknown,
> {
  readonly type: Type
  readonly queue: string
  readonly input: StandardSchemaV1<Input, Output>
  /** What a result must be, as JSON: `Result` goes in, `Stored` is what readers get. Absent: any JSON. */
  readonly output?: StandardSchemaV1<Result, Stored>
  readonly policy: JobPolicy
  /** Bytes of an input that the item holds; a larger one is put next to it. Absent: 4,096. */
  readonly inlineInput?: number
  /** Bytes that a result may take. Absent: as many as the item has room for. */
  readonly maxResult?: number
  /** For whom a job with this input runs; undefined for nobody in particular. Absent: none has a tenant. */
  tenant?(input: Output): string | undefined
  /** How many of its jobs run at once, and start in a time, under one key. Absent: no limit. */
  readonly limit?: JobLimit<Output>
  /** How its jobs are unique. Absent: they are not, unless a request says so. */
  readonly unique?: UniqueContract<Output>
  /** What each signal must be, by name. Absent: any signal, any JSON. */
  readonly signals?: Signals
  /** Types that the handler enqueues. Absent: none. */
  readonly enqueues?: readonly string[]
  /** Type of the job that follows one that has failed for good. Absent: none follows. */
  readonly onFailed?: string
}

/** What a producer passes for a job of this contract. */
export type InputOf<Contract> = Contract extends JobContract<string, infer Input> ? Input : never

/** What the handler of this contract gets: the schema's output. */
export type OutputOf<Contract> = Contract extends JobContract<string, unknown, infer Output> ? Output : never

/** The result that `client.get(job, id)` gives: the output of the contract's `output` schema, else unknown. */
export type ResultOf<Contract> =
  Contract extends JobContract<string, unknown, unknown, unknown, infer Stored> ? Stored : never
