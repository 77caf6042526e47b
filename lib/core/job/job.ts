/**
 * Words used everywhere in this code, with no synonyms:
 *
 * - job: one item in the table, from enqueue to a terminal state
 * - type: the name under which a job's contract and handler are registered
 * - run: one execution of the handler; `attempt` counts the starts
 * - message: what SQS carries, `{v, id, fence, type, at}`. A hint, never the truth
 * - fence: the number that a message must match to start the job
 * - owner: random token of the run that holds the job; each later write of that run is conditional on it
 * - lease: how long an owner may hold the job, counted from its start
 * - `scheduledAt`: when the job is due
 * - `lookAt`: when the sweeper must look at the job if nothing else happened first
 * - hold: how long a sent message may stay unanswered before another is sent
 * - gate: what so many jobs may pass at once: of a key of a type, `<type>/<key>`, or of a queue, `/<queue>`
 * - permit: a job's place in its gate, held by a run; or promised to the job's next message
 * - slot: the instant at which a gate with a rate lets a job start; `pass` is the fence of the message that has it
 * - parked: waiting in line at a full gate, or for room in a queue with a window (`beyond`), with a ticket there
 * - tick: one run of the sweeper
 * - shard, lane: one of N index partitions of a queue; `<queue>#<phase>#<shard>`
 *
 * Every instant is in epoch milliseconds and named `…At` or `…Until`; `ttl` alone is in epoch seconds, as DynamoDB wants.
 */
export const jobStates = [
  'SCHEDULED',
  'AVAILABLE',
  'RESERVED',
  'IN_PROGRESS',
  'RETRY',
  'WAITING',
  'FAILED',
  'COMPLETED',
  'CANCELLED',
] as const

/**
 * - `SCHEDULED` waits for its time
 * - `AVAILABLE` ready, not yet handed to SQS
 * - `RESERVED` handed to SQS, waiting for a worker
 * - `IN_PROGRESS` running under an owner and a lease
 * - `RETRY` failed, waits for its next attempt
 * - `WAITING` its handler waits for a signal or for other jobs; no message can start it before it is woken
 * - `FAILED` out of attempts, or failed for good
 * - `COMPLETED`, `CANCELLED` ended; only a requeue leaves the three terminal states
 */
export type JobState = (typeof jobStates)[number]

export const terminalStates = ['FAILED', 'COMPLETED', 'CANCELLED'] as const satisfies readonly JobState[]
export const waitingStates = [
  'SCHEDULED',
  'RETRY',
  'RESERVED',
  'AVAILABLE',
  'WAITING',
] as const satisfies readonly JobState[]
/** The states from which a message may start a run. */
export const startableStates = ['RESERVED', 'SCHEDULED', 'RETRY'] as const satisfies readonly JobState[]

/** A job. Attributes at their default are absent, so that a small job stays within one DynamoDB write unit (1 KB). */
export interface Job {
  readonly id: string
  readonly type: string
  readonly queue: string
  /** A later release may store a state that is not in this list: see `isUnderstood`. */
  readonly state: JobState
  /** JSON text. */
  readonly input: string
  /** JSON text; set by completion. */
  readonly result?: string
  /** JSON text `{name, message, stack?}` of the last failure. */
  readonly error?: string
  /** Why the job is FAILED, in a form that lists can group by: see `whyOf`. */
  readonly why?: string
  /** Id of the job that its contract's `onFailed` made of this failure. Only with FAILED. Absent: none did. */
  readonly onFailed?: string
  /** The failed job that this one follows, `<life>#<generation>#<id>`: see `failureOf`. Absent: it follows none. */
  readonly failureOf?: string
  /** Lower runs first among jobs that one tick hands out. Absent: 0. */
  readonly priority?: number
  readonly tags?: readonly string[]
  /** JSON text that is handed on with every event about the job. */
  readonly notify?: string
  /** Starts so far. Never falls within a generation. */
  readonly attempt: number
  /** attempt + attemptsLeft − snoozes = maxAttempts, always. */
  readonly attemptsLeft: number
  /** Absent: 5. */
  readonly maxAttempts?: number
  /** Leases that ended without an outcome. Absent: 0. */
  readonly crashes?: number
  readonly snoozes?: number
  /** Absent: 1,000. */
  readonly maxSnoozes?: number
  /** How many jobs led to this one, each enqueued by the run of the one before. Absent: 0. */
  readonly depth?: number
  /** JSON text: the trace that caused the job, and baggage. Absent: none. */
  readonly context?: string
  /** For whom it runs: its messages take turns with those of other tenants. Absent: it has no tenant. */
  readonly tenant?: string
  /** Name of the schedule that made the job. Absent: none did. */
  readonly schedule?: string
  /** When the occurrence is due that the job was made for, without its jitter. Only with `schedule`. */
  readonly occurrence?: number
  /** Zone of the schedule. Only with `schedule`; absent: UTC. */
  readonly timezone?: string
  /** Missed occurrences right before this one that do not run. Absent: 0. */
  readonly missedBefore?: number
  /**
   * The job of the occurrence before, while the schedule asks what to do when that one has not ended. Of a job that was
   * skipped: the job that it was skipped for.
   */
  readonly after?: string
  /** What to do then. Only with `after`. */
  readonly overlap?: string
  /** Why the job is CANCELLED, where nobody cancelled it: `overlap`, `expired`, `schedule`, `parent`. */
  readonly code?: string
  /** Raised by each requeue. Absent: 1. */
  readonly generation?: number
  /** Messages sent since the last start. Absent: 0. */
  readonly dispatches?: number
  readonly scheduledAt: number
  /** No attempt starts after this instant: the job ends CANCELLED instead. Absent: whenever it is its turn. */
  readonly startBy?: number
  readonly insertedAt: number
  readonly startedAt?: number
  readonly finishedAt?: number
  /**
   * End of the current lease; when nobody holds the job, the instant at which the last one ended. A console edit ends a
   * run but not its lease: until then nobody else may start the job (see `heldUntil`).
   */
  readonly leaseUntil?: number
  readonly cancelRequestedAt?: number
  /** 0 to 100, as the handler reported it. */
  readonly progress?: number
  readonly fence: number
  /** The run that holds the job; kept by completion and by a cancelled run, removed by everything else that ends a run. */
  readonly owner?: string
  /** The run that wrote its own outcome last. Never set by a takeover: it proves "it was me". */
  readonly lastOwner?: string
  /** Token of the last request that placed the job; proves "it was me" where there is no owner. */
  readonly request?: string
  /**
   * Token of the last replacement that left the job its message. It has a place of its own: whoever owes that message knows the
   * own write by `request`. Absent: no replacement did.
   */
  readonly replacement?: string
  readonly shard: number
  /**
   * Token of this life of the id, set by each insert and kept by requeues. An id from a key can come back after a delete:
   * records that outlive the job are kept apart by it.
   */
  readonly life?: string
  /** Format of the item. Absent: 1, which is the only one so far. */
  readonly fmt?: number
  /** Index keys: a job with both has a row in the `timeline` index. */
  readonly lane?: string
  readonly lookAt?: number
  /** Epoch seconds; only ever written together with a terminal state. */
  readonly ttl?: number
  /** Where the input is that the item does not hold; `input` is then `null`. Absent: the item holds it. */
  readonly ref?: string
  /** JSON text: the job that follows under this id when this generation has ended (see transitions/unique.ts). Absent: none. */
  readonly next?: string
  /** The gate that each of its starts must pass: `<type>/<key>`, or `/<queue>`. Absent: none. */
  readonly gate?: string
  /** How often something that its handler may wait for has come: a run that has not seen it may not go to sleep. Absent: 0. */
  readonly wakes?: number
  /** The place in a group that the job has: see job/parent.ts. Absent: nobody waits for it. */
  readonly parent?: string
  /** Until when the job is kept at least: whoever waits for it may look at it. Absent: no longer than its policy says. */
  readonly endBy?: number
  /** The job waits for the jobs of the batch of its own id: its handler is called once they have ended. Absent: for none. */
  readonly batch?: number
  /** Since when the job waits in line: at its gate, or for room in its queue. Only with AVAILABLE. */
  readonly parked?: number
  /** 1: the job waits for room in its queue. Only with `parked`; one with fence 0 does so, too. Absent: at its gate. */
  readonly beyond?: number
  /**
   * Only of a job whose gate has a rate: the fence of the message that has a slot there, which is then `scheduledAt`. 0:
   * none has.
   */
  readonly pass?: number
  /**
   * Not stored: required attributes that a foreign writer or a console edit left out, or spelt so that no guard can
   * compare them. Those left out have a default as their value here.
   */
  readonly missing?: readonly JobAttribute[]
}

export type JobAttribute = Exclude<keyof Job, 'missing'>

/** The newest format of an item that this release reads. */
const newestFormat = 1

/** Whether this release can follow a job's `ref`: to a record of its own, or to an object. */
export const isOurRef = (ref: string): boolean => ref.startsWith('record:input#') || ref.startsWith('s3:input/')

/**
 * Whether this release knows all that decides about the job. During a deploy and after a roll-back it works next to a
 * newer one: a job of an unknown state or format is neither run, ended nor repaired.
 */
export const isUnderstood = (job: Job): boolean =>
  isJobState(job.state) && (job.fmt ?? 1) <= newestFormat && (job.ref === undefined || isOurRef(job.ref))

export function isTerminal(state: JobState): boolean {
  return state === 'FAILED' || state === 'COMPLETED' || state === 'CANCELLED'
}

const isJobState = (value: unknown): value is JobState =>
  typeof value === 'string' && (jobStates as readonly string[]).includes(value)

/** Whether no attempt of the job may start any more. */
export const isExpired = ({ startBy }: Pick<Job, 'startBy'>, now: number): boolean =>
  startBy !== undefined && startBy < now

/** What an absent attribute means. Part of the stored format: these numbers never change. */
export const storedDefaults = { maxAttempts: 5, maxSnoozes: 1_000 } as const

export const maxAttemptsOf = (job: Job): number => job.maxAttempts ?? storedDefaults.maxAttempts
export const maxSnoozesOf = (job: Job): number => job.maxSnoozes ?? storedDefaults.maxSnoozes
/** What goes with every event that tells of the job. */
export const notifyOf = (job: Job): { readonly notify?: string } =>
  job.notify === undefined ? {} : { notify: job.notify }

/** What removes a job from the line that it waits in: nothing where it waits in none. */
export const leavesLine = ({ parked, beyond }: Pick<Job, 'parked' | 'beyond'>): readonly ('parked' | 'beyond')[] => [
  ...(parked === undefined ? [] : (['parked'] as const)),
  ...(beyond === undefined ? [] : (['beyond'] as const)),
]

/** The life whose records these are; an item that was never adopted has none. */
export const lifeOf = ({ id, life }: Pick<Job, 'id' | 'life'>): { readonly id: string; readonly life: string } => ({
  id,
  life: life ?? '-',
})

/** The slot that the job's present message has at its gate; undefined where it has none. */
export const slotOf = ({
  pass,
  fence,
  scheduledAt,
}: Pick<Job, 'pass' | 'fence' | 'scheduledAt'>): number | undefined =>
  pass !== undefined && pass === fence ? scheduledAt : undefined

/** No message has this fence: a job that is to ask for a slot. */
export const noPass = 0

export const generationOf = (job: Job): number => job.generation ?? 1

/**
 * Before this instant a run may still be at work that an edit in the console has cut off from its job. A RETRY was
 * written by the run itself, whose work is over.
 */
export const heldUntil = (job: Job): number => (job.state === 'RETRY' ? 0 : (job.leaseUntil ?? 0))

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * What a store found: whatever an item held, with times already in epoch milliseconds. `missing` names attributes whose
 * spelling no guard can compare.
 */
export type RawJob = Partial<Mutable<Job>>

/**
 * Reads a stored item as a job. `id`, `type`, `state` and `input` suffice (a foreign writer needs no more); the rest
 * is filled with defaults and named in `missing`, so that a guard on such an attribute asks for its absence.
 * A state of a later release is taken as it is: `isUnderstood` tells it.
 * Undefined when even those are not there: the caller sets the item aside.
 */
export function completeJob(raw: RawJob, now: number): Job | undefined {
  if (typeof raw.id !== 'string' || typeof raw.type !== 'string' || typeof raw.state !== 'string') {
    return undefined
  }
  if (typeof raw.input !== 'string') return undefined
  const maxAttempts = typeof raw.maxAttempts === 'number' ? raw.maxAttempts : storedDefaults.maxAttempts
  const defaults = {
    queue: 'default',
    attempt: 0,
    attemptsLeft: Math.max(0, maxAttempts - (raw.attempt ?? 0) + (raw.snoozes ?? 0)),
    scheduledAt: now,
    insertedAt: now,
    fence: 0,
    shard: 0,
  }
  const absent = (Object.keys(defaults) as (keyof typeof defaults)[]).filter(name => raw[name] === undefined)
  const { missing: misspelt = [], ...known } = raw
  const missing = [...absent, ...misspelt]
  const job = { ...defaults, ...known, id: raw.id, type: raw.type, state: raw.state, input: raw.input }
  return missing.length === 0 ? job : { ...job, missing }
}
