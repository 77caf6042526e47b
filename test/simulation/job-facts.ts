/** The books that are kept on each run, each job and each process. */
import type { Runner } from '../../lib/core/definition/runner.ts'
import type { Message } from '../../lib/core/job/message.ts'
import type { Proc } from './proc.ts'

/** One run, under its owner's token: from the first try to start it. */
export interface Run {
  readonly owner: string
  readonly id: string
  readonly proc: Proc
  /** On the clock of its process; undefined until a start was carried out. */
  leaseUntil: number | undefined
  /** In true time. */
  startedAt: number
  /** It wrote its own outcome: by this transition. */
  isReleased: boolean
  outcome: string | undefined
  /** T6 or T7. */
  placement: string | undefined
  handlerCalls: number
  isSettled: boolean
  signal: AbortSignal | undefined
  /** Its signal had aborted when the handler settled. */
  wasAborted: boolean
  /** Its handler has asked for a commit. */
  hasCommitted: boolean
  /** Heartbeats carried out whose answer the run has not got yet, and the instant of the last answer. */
  beatsOpen: number
  /** How long it made its job wait. */
  retryInMs: number
}

export interface JobFacts {
  readonly id: string
  readonly runs: Run[]
  /** Request tokens under which it was put into the table. */
  readonly putBy: Set<string>
  isAcknowledged: boolean
  createdAcks: number
  removals: number
  /** Over all generations: handler calls, successes, leases that ended without an outcome, edits in the console. */
  handlerCalls: number
  effects: number
  /** After the signal had aborted: nobody waited for them any more. */
  lateEffects: number
  completions: number
  crashes: number
  leasesCancelled: number
  edits: number
  /** Acts of operators and faults that change what a calm job costs. */
  isDisturbed: boolean
  /** Since the last start or placement: when, and the messages sent. */
  placedAt: number
  /** When the job was placed that the last start has taken. */
  previouslyPlacedAt: number
  sends: number
  /** The tenant that the last message named. */
  sentFor: string | undefined
  writes: number
  heartbeats: number
  /** A console edit or a foreign writer left it for T19. */
  awaitsAdoption: boolean
  /** Nobody but the reconciler can find it: no row, or no lane that the sweeper walks. */
  isAstray: boolean
  /** When it was last adopted, moved or written anew. */
  foundAt: number | undefined
  /** It left its attempts to the contract, and was adopted before it ended. */
  isByContract: boolean
  /** How often its handler took its process down. */
  takedowns: number
  /** Its messages that were given up because there was no such job. */
  orphansDropped: number
  writtenAt: number
  isPurged: boolean
}

export interface ProcFacts {
  readonly messages: Map<string, Message>
  readonly receives: Map<string, number>
  /** Of all messages of a job that it was ever given: a start of a former invocation may be carried out late. */
  readonly fences: Map<string, Set<number>>
  readonly sendTries: Set<string>
  /** Messages whose send was answered with a failure. */
  readonly unsent: Message[]
  /** Fences that it gave to jobs, each to be followed by a message. */
  readonly placed: Map<string, number>
  readonly storeFailed: Set<string>
  /** By id: the request token. */
  readonly inserted: Map<string, string>
  readonly runs: Run[]
  /** For how long it handed back the messages of jobs. */
  readonly hiddenMs: Map<string, number>
  /** Lanes whose due rows it has asked for. */
  readonly lanes: Set<string>
  /** What was deployed when it was last invoked. */
  runner: Runner | undefined
  /** When its function must be done, on its own clock. */
  endAt: number
  /** The job whose handler took it down. */
  takenDownBy: string | undefined
}

export function newJobFacts(id: string, now: number): JobFacts {
  return {
    id,
    runs: [],
    putBy: new Set(),
    isAcknowledged: false,
    createdAcks: 0,
    removals: 0,
    handlerCalls: 0,
    effects: 0,
    lateEffects: 0,
    completions: 0,
    crashes: 0,
    leasesCancelled: 0,
    edits: 0,
    isDisturbed: false,
    placedAt: now,
    previouslyPlacedAt: now,
    sends: 0,
    sentFor: undefined,
    writes: 0,
    heartbeats: 0,
    awaitsAdoption: false,
    isAstray: false,
    foundAt: undefined,
    isByContract: false,
    takedowns: 0,
    orphansDropped: 0,
    writtenAt: now,
    isPurged: false,
  }
}

export function newProcFacts(): ProcFacts {
  return {
    messages: new Map(),
    receives: new Map(),
    fences: new Map(),
    sendTries: new Set(),
    unsent: [],
    placed: new Map(),
    storeFailed: new Set(),
    inserted: new Map(),
    runs: [],
    hiddenMs: new Map(),
    lanes: new Set(),
    runner: undefined,
    endAt: Number.POSITIVE_INFINITY,
    takenDownBy: undefined,
  }
}

export function newRun(owner: string, id: string, proc: Proc): Run {
  return {
    owner,
    id,
    proc,
    leaseUntil: undefined,
    startedAt: 0,
    isReleased: false,
    outcome: undefined,
    placement: undefined,
    handlerCalls: 0,
    isSettled: false,
    signal: undefined,
    wasAborted: false,
    hasCommitted: false,
    beatsOpen: 0,
    retryInMs: 0,
  }
}

/** When the pause of a queue was confirmed, and when its end was asked for. */
export interface PauseFacts {
  readonly queue: string
  readonly from: number
  until: number
}
