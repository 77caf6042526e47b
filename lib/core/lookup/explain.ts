/** Why a job is not running: every reason that holds, the one that decides first. */

import { type GateLimit, queueOfGate } from '../definition/limit.ts'
import { storedError } from '../history/stored-error.ts'
import { isTerminal, isUnderstood, type Job, maxAttemptsOf, slotOf } from '../job/job.ts'
import type { Pause } from '../records/pause.ts'
import { spokenMs } from '../values/duration.ts'
import { formatInstant } from '../values/instant.ts'
import { leadMs, tickMs } from '../values/times.ts'
import type { ReasonCode } from './reason-codes.ts'

/** One reason: what holds, until when, and what can be done. */
export interface Reason {
  readonly code: ReasonCode
  /** A sentence for people. */
  readonly text: string
  /** ISO 8601; absent where nothing but an act ends it, or where nobody knows. */
  readonly until?: string
  /** What a person can do; absent where there is nothing to do but wait. */
  readonly todo?: string
  /** Of `limit` and `rate`: the gate `<type>/<key>`; `/<queue>` of a whole queue. */
  readonly gate?: string
  /** Of `limit`: the jobs that hold its places. Of `limit` and `behind`: how many jobs are ahead in its line. */
  readonly heldBy?: readonly string[]
  readonly ahead?: number
}

/** What is known beside the job itself. What is absent is not known. */
export interface ExplainFacts {
  readonly isTypeKnown: boolean
  readonly isQueueKnown: boolean
  readonly pause?: Pause
  /** State of the mapping that hands messages to the workers, such as `Enabled`. */
  readonly mapping?: string
  /** Of a job that waits at its gate. */
  readonly line?: Line
  /** Of a job that waits in the table until its queue has room. */
  readonly room?: Pick<Line, 'ahead' | 'isExact'> & { readonly window?: number }
  /** Jobs that are ahead of it in the queue. */
  readonly ahead?: number
  /** Starts a minute, of the last minutes. */
  readonly startsPerMinute?: number
  /** Of a job whose handler waits: the signals, and until when. */
  readonly waits?: readonly Wait[]
  /** The groups of jobs that it waits for. */
  readonly children?: readonly Family[]
  /** Whether the index holds the row of the job. */
  readonly hasRow?: boolean
}

/** A signal that has not come yet. */
export interface Wait {
  readonly signal: string
  readonly until: number
}

/** Jobs that it waits for. */
export interface Family {
  readonly name: string
  readonly left: number
  readonly of: number
}

/** Who is before a job at its gate. */
export interface Line {
  /** What holds. Absent: nothing limits it any more, and the next tick hands the job out. */
  readonly limit?: GateLimit
  /** When the next start of the gate may be that nobody has yet. Only with a rate. */
  readonly nextSlotAt?: number
  readonly heldBy: readonly string[]
  readonly ahead: number
  /** False: at least so many. */
  readonly isExact: boolean
}

/** Sends without a start after which something is wrong with the workers. */
const manySends = 3
/** The index may be this late: a younger row need not be there yet. */
const indexLagMs = 60_000

type Rule = (job: Job, facts: ExplainFacts, now: number) => Reason | undefined

/**
 * @param facts what was read of the queue, of the deployed code and of the index
 * @returns at least one reason; the first is the answer
 */
export function explain(job: Job, facts: ExplainFacts, now: number): readonly [Reason, ...Reason[]] {
  const ended = endedReason(job)
  if (ended !== undefined) return [ended]
  if (job.state === 'IN_PROGRESS') return [runningReason(job, now)]
  const [first = notSent(job, now), ...rest] = rules.flatMap(rule => rule(job, facts, now) ?? [])
  return [first, ...rest, ...startsBy(job, now)]
}

function endedReason(job: Job): Reason | undefined {
  if (!isTerminal(job.state)) return undefined
  const at = job.finishedAt === undefined ? '' : ` at ${formatInstant(job.finishedAt)}`
  if (job.state === 'CANCELLED' && job.code === 'overlap') {
    const todo = 'wait for the next occurrence, or run the schedule now'
    return {
      code: 'skipped',
      text: `It was skipped${at}: the occurrence before it, ${job.after}, had not ended.`,
      todo,
    }
  }
  if (job.state === 'CANCELLED' && job.code === 'expired') {
    return {
      code: 'expired',
      text: `It did not start by ${job.startBy === undefined ? 'its time' : formatInstant(job.startBy)}, and was cancelled${at}.`,
      todo: 'retry it',
    }
  }
  const error = job.state === 'FAILED' && job.error !== undefined ? storedError(job.error) : undefined
  const why = error === undefined ? '' : `: ${error.name}: ${error.message.slice(0, 256)}`
  const followed = job.onFailed === undefined ? '' : ` Job ${job.onFailed} follows it (onFailed).`
  return {
    code: 'ended',
    text: `It is ${job.state}${at}${why}.${followed}`,
    ...(job.state === 'COMPLETED' ? {} : { todo: 'retry it, if it is to run again' }),
  }
}

function runningReason(job: Job, now: number): Reason {
  const { startedAt, leaseUntil, cancelRequestedAt } = job
  const attempt = chargedOf(job)
  const since = startedAt === undefined ? '' : ` since ${formatInstant(startedAt)}`
  const until = leaseUntil === undefined ? {} : { until: formatInstant(leaseUntil) }
  if (leaseUntil !== undefined && leaseUntil < now) {
    const text = `Attempt ${attempt} runs${since}, but its lease is over: its worker died, or was stopped.`
    return {
      code: 'lease_over',
      text,
      until: formatInstant(now + tickMs),
      todo: 'wait for the next tick, which takes it over',
    }
  }
  if (cancelRequestedAt !== undefined) {
    const text = `Attempt ${attempt} runs${since}; it was asked to stop at ${formatInstant(cancelRequestedAt)}.`
    return { code: 'stopping', text, ...until }
  }
  return { code: 'running', text: `Attempt ${attempt} runs${since}.`, ...until, todo: 'cancel it, if it is to stop' }
}

const notUnderstood: Rule = job =>
  isUnderstood(job)
    ? undefined
    : {
        code: 'not_understood',
        text: 'A newer release of Lamplighter wrote it; this one neither runs nor changes it.',
        todo: 'deploy the release that wrote it',
      }

const typeUnknown: Rule = ({ type }, { isTypeKnown }) =>
  isTypeKnown
    ? undefined
    : {
        code: 'type_unknown',
        text: `The deployed code has no job type '${type}'.`,
        todo: 'deploy code that has it, or cancel the job',
      }

const queueUnknown: Rule = ({ queue }, { isQueueKnown, isTypeKnown }) =>
  isQueueKnown
    ? undefined
    : {
        code: 'queue_unknown',
        text: `The deployed code has no queue '${queue}'.`,
        ...(isTypeKnown ? { todo: 'wait: the next tick moves it into the queue of its contract' } : {}),
      }

const queuePaused: Rule = ({ queue }, { pause }) => {
  if (pause === undefined) return undefined
  const why = pause.why === undefined ? '' : ` (${pause.why})`
  return {
    code: 'queue_paused',
    text: `Queue '${queue}' is paused since ${formatInstant(pause.at)} by ${pause.by}${why}.`,
    ...(pause.until === undefined ? {} : { until: formatInstant(pause.until) }),
    todo: 'resume the queue',
  }
}

const mappingDisabled: Rule = ({ queue }, { mapping, pause }) =>
  mapping === undefined || mapping === 'Enabled' || pause !== undefined
    ? undefined
    : {
        code: 'mapping_disabled',
        text: `The event source mapping of queue '${queue}' is ${mapping}: Lambda takes none of its messages.`,
        todo: 'enable the mapping',
      }

const limited: Rule = ({ gate = '', parked }, { line }) => {
  if (parked === undefined || line === undefined) return undefined
  const { limit, heldBy, ahead, isExact } = line
  const since = formatInstant(parked)
  const about = [...placesOf(limit, heldBy.length), ...rateOf(limit)].map(text => `${text}, and `).join('')
  return {
    code: 'limit',
    text:
      `It waits in line at ${spoken(gate)} since ${since}: ${about}` +
      `${isExact ? '' : 'at least '}${ahead} ${ahead === 1 ? 'job is' : 'jobs are'} ahead of it.`,
    ...startsAbout(line),
    todo: 'wait; or run it now, which makes it the first in line',
    gate,
    heldBy,
    ahead,
  }
}

/** Starts that count: a rest, a snooze, and going on in a later run cost no attempt. */
const chargedOf = ({ attempt, snoozes = 0 }: Job): number => attempt - snoozes

/** Of a whole queue, or of a key. */
function spoken(gate: string): string {
  const queue = queueOfGate(gate)
  return queue === undefined ? `the gate '${gate}'` : `the limit of the whole queue '${queue}'`
}

const behind: Rule = ({ queue, parked }, { room }) => {
  if (parked === undefined || room === undefined) return undefined
  const { ahead, isExact, window } = room
  const holds = window === undefined ? '' : `, which holds ${window} messages,`
  return {
    code: 'behind',
    text:
      `It waits in the table since ${formatInstant(parked)} until its queue '${queue}'${holds} has room: ` +
      `${isExact ? '' : 'at least '}${ahead} ${ahead === 1 ? 'job is' : 'jobs are'} ahead of it.`,
    todo: 'wait; or run it now, which sends it past the line',
    ahead,
  }
}

const waits: Rule = ({ state, scheduledAt }, { waits: known = [], children = [] }) => {
  if (state !== 'WAITING') return undefined
  // Of a single one the reason's own `until` says it.
  const isSingle = known.length + children.length === 1
  const end = (until: number): string => (isSingle ? '' : `, until ${formatInstant(until)}`)
  const signals = known.map(({ signal, until }) => `the signal '${signal}'${end(until)}`)
  const families = children.map(({ name, left, of }) => `${left} of ${of} children of '${name}'`)
  const named = [...signals, ...families]
  const isForOthers = signals.length === 0 && families.length > 0
  return {
    code: 'waits',
    text: `Its handler waits for ${named.length === 0 ? 'a signal' : named.join('; and for ')}.`,
    // Whoever waits for others alone looks for itself then, and waits on.
    ...(isForOthers ? {} : { until: formatInstant(scheduledAt) }),
    todo: isForOthers ? 'wait; or look at its children' : 'send the signal, or cancel it',
  }
}

function placesOf(limit: GateLimit | undefined, held: number): readonly string[] {
  const max = limit?.concurrency
  if (max !== undefined) return [`${held} of its ${max} ${max === 1 ? 'place' : 'places'} are held`]
  return limit?.rate === undefined ? [`${held} are held`] : []
}

const rateOf = (limit: GateLimit | undefined): readonly string[] =>
  limit?.rate === undefined ? [] : [`a job starts every ${spokenMs(limit.rate.everyUs / 1_000)}`]

/** If nobody overtakes it, and no place is wanting. */
function startsAbout({ limit, nextSlotAt, ahead }: Line): { readonly until?: string } {
  if (limit?.rate === undefined || nextSlotAt === undefined) return {}
  return { until: formatInstant(nextSlotAt + Math.ceil((ahead * limit.rate.everyUs) / 1_000)) }
}

/** Its start is booked: nothing is in its way but the time. */
const booked: Rule = (job, _, now) => {
  const slot = slotOf(job)
  if (slot === undefined || slot <= now || job.gate === undefined) return undefined
  return {
    code: 'rate',
    text: `Its start at ${spoken(job.gate)} is booked for ${formatInstant(slot)}: the rate allows none before.`,
    until: formatInstant(slot),
    gate: job.gate,
  }
}

const dueLater: Rule = (job, _, now) => {
  const { state, scheduledAt } = job
  return state === 'RETRY' || state === 'WAITING' || scheduledAt <= now || slotOf(job) !== undefined
    ? undefined
    : {
        code: 'due_later',
        text: `It is due at ${formatInstant(scheduledAt)}.`,
        until: formatInstant(scheduledAt),
        todo: 'run it now, or reschedule it',
      }
}

const retryWaiting: Rule = (job, _, now) => {
  const { state, scheduledAt, error } = job
  if (state !== 'RETRY' || scheduledAt <= now || slotOf(job) !== undefined) return undefined
  const last = error === undefined ? undefined : storedError(error)
  const why = last === undefined ? '' : `, which ended with ${last.name}: ${last.message}`
  return {
    code: 'retry_waiting',
    text: `It waits for its next attempt after attempt ${chargedOf(job)} of ${maxAttemptsOf(job)}${why}.`,
    until: formatInstant(scheduledAt),
    todo: 'run it now',
  }
}

/** Said beside what holds it up: how long it may last. */
function startsBy({ startBy }: Job, now: number): readonly Reason[] {
  if (startBy === undefined) return []
  const until = formatInstant(startBy)
  const text =
    startBy < now
      ? `It had to start by ${until}: the next look, or its start, cancels it.`
      : `It is cancelled if it does not start by ${until}.`
  return [{ code: 'start_by', text, until }]
}

const noStart: Rule = ({ state, dispatches = 0, scheduledAt, lookAt }, _, now) =>
  state !== 'RESERVED' || dispatches < manySends || scheduledAt > now
    ? undefined
    : {
        code: 'no_start',
        text: `Its message was sent ${dispatches} times and no worker started it: workers are throttled, failing or far behind.`,
        ...(lookAt === undefined ? {} : { until: formatInstant(lookAt) }),
        todo: "look at the worker's throttles, errors and log",
      }

const inLine: Rule = ({ state, scheduledAt }, { ahead, startsPerMinute }, now) => {
  if (state !== 'RESERVED' || ahead === undefined || ahead < 1 || scheduledAt > now) return undefined
  if (startsPerMinute === undefined || startsPerMinute <= 0) {
    const todo = "look at the worker's log, if this lasts"
    return { code: 'in_line', text: `Up to ${ahead} jobs are ahead of it, and none started in the last minutes.`, todo }
  }
  const startAt = now + Math.ceil((ahead / startsPerMinute) * 60_000)
  const text = `Up to ${ahead} jobs are ahead of it; ${perMinute(startsPerMinute)} start in a minute.`
  return { code: 'in_line', text, until: formatInstant(startAt) }
}

const perMinute = (rate: number): string => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)))

const messageSent: Rule = ({ state, dispatches = 0, lookAt, scheduledAt }, _, now) => {
  const isSentAhead = state === 'SCHEDULED' && dispatches > 0 && scheduledAt > now
  if (state !== 'RESERVED' && !isSentAhead) return undefined
  return {
    code: 'message_sent',
    text: `Its message is in the queue${dispatches > 1 ? `, sent ${dispatches} times` : ''}. If no worker starts it, another is sent.`,
    ...(lookAt === undefined ? {} : { until: formatInstant(lookAt) }),
  }
}

const rowMissing: Rule = ({ lookAt, lane }, { hasRow }, now) => {
  const isOld = lookAt === undefined || lookAt < now - indexLagMs
  if (lane !== undefined && lookAt !== undefined && (hasRow !== false || !isOld)) return undefined
  return {
    code: 'row_missing',
    text: 'The index has no row of it, so no tick sees it.',
    todo: 'wait for the reconciler, which runs each day; or run the job now',
  }
}

const rules: readonly Rule[] = [
  notUnderstood,
  typeUnknown,
  queueUnknown,
  queuePaused,
  mappingDisabled,
  limited,
  behind,
  waits,
  booked,
  dueLater,
  retryWaiting,
  rowMissing,
  noStart,
  inLine,
  messageSent,
]

/** Due, and not handed to the queue: the next tick does. */
function notSent({ scheduledAt, lookAt }: Job, now: number): Reason {
  const nextLook = Math.max(now, lookAt ?? scheduledAt - leadMs)
  return {
    code: 'not_sent',
    text: 'It is due, and its message is not sent yet: the stream or the next tick does that.',
    until: formatInstant(nextLook + tickMs),
  }
}
