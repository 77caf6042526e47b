import type { JobContract } from '../../core/definition/contract.ts'
import type { EnqueueOptions, JobRequest } from '../../core/definition/job-request.ts'
import { atGate } from '../../core/definition/limit.ts'
import { contractOf, queuePolicyOf } from '../../core/definition/runner.ts'
import { tenantOf } from '../../core/definition/tenant.ts'
import { type UniqueRule, uniqueRuleOf } from '../../core/definition/unique.ts'
import { maxAttemptsIn, notifyIn, priorityIn, startByIn, tagsIn } from '../../core/job/enqueue-options.ts'
import { jobIdFromKey } from '../../core/job/ids.ts'
import type { Job } from '../../core/job/job.ts'
import { contextIn } from '../../core/job/job-context.ts'
import { maxObjectBytes } from '../../core/records/payload.ts'
import { newJob, placementFor } from '../../core/transitions/enqueue.ts'
import { refuseUnknownKeys } from '../../core/values/check-options.ts'
import { durationMs, millisecondsIn } from '../../core/values/duration.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { instantOf } from '../../core/values/instant.ts'
import { fromJsonText, toJsonText } from '../../core/values/json.ts'
import { maxItemBytes } from '../../core/values/quotas.ts'
import {
  itemReserveBytes,
  maxAheadMs,
  maxChainDepth,
  maxIdempotencyKeyLength,
  maxPastMs,
} from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { currentChainDepth, currentContext } from '../chain-depth.ts'
import { checkInput } from '../check-input.ts'
import { type PlacedInput, placedInput } from '../payloads.ts'
import { newId, newRequestToken } from '../tokens.ts'

export interface EnqueueRequest extends EnqueueOptions {
  readonly type: string
  readonly input: unknown
}

/** An entry that is no request, such as null, is refused as one of many: it must not reject the others. */
export const enqueueRequestOf = (request: JobRequest): EnqueueRequest =>
  typeof request === 'object' && request !== null
    ? { ...request.options, type: request.type, input: request.input }
    : request

/** A job that is ready to be written. */
export interface Prepared extends PlacedInput {
  /** JSON text of the input, wherever it goes. */
  readonly input: string
  readonly send: { readonly delayMs: number } | undefined
  readonly idempotencyKey: string | undefined
  /** Where the job is unique. */
  readonly unique: UniqueRule | undefined
}

const optionNames = [
  'delay',
  'delayMs',
  'runAt',
  'startBy',
  'maxAttempts',
  'priority',
  'tags',
  'notify',
  'context',
  'idempotencyKey',
  'unique',
] as const satisfies readonly (keyof EnqueueOptions)[]

/** What a job is as a member of a group: its id follows from its place there. */
export interface Member extends Pick<Job, 'parent' | 'endBy'> {
  readonly id: string
}

/**
 * Checks a request whole before anything is written or sent.
 * @param member of a job that somebody waits for
 * @throws LamplighterError
 */
export async function prepare(
  deps: Deps,
  request: EnqueueRequest,
  maxInputBytes = deps.payloads === undefined ? maxItemBytes - itemReserveBytes : maxObjectBytes,
  member?: Member,
): Promise<Prepared> {
  if (typeof request !== 'object' || request === null) {
    throw new InvalidInput('job', request, 'an object with type and input')
  }
  refuseUnknownKeys('job', request, ['type', 'input', ...optionNames])
  if (typeof request.type !== 'string')
    throw new InvalidInput('type', request.type, 'the name of a registered job type')
  const contract = contractOf(deps.runner, request.type)
  const input = toJsonText('input', request.input, maxInputBytes)
  // What is stored is checked, not what was given: the handler gets what JSON text gives back.
  const output = await checkInput(contract, fromJsonText(input))
  const tenant = tenantOf(contract, output)
  const now = deps.clock.now()
  const dueAt = dueAtOf(request, now)
  const { key, unique, own } = keysOf(contract, request, output, { now, member })
  // Defaults for what is absent, not for null: that is a value, and a wrong one.
  const { maxAttempts = contract.policy.maxAttempts, priority = 0, tags, notify, startBy } = request
  const context = contextOf(deps, request)
  const given = {
    id: own ?? newId(deps.random, now),
    type: contract.type,
    queue: contract.queue,
    input,
    dueAt,
    depth: chainDepthOf(dueAt),
    maxAttempts: maxAttemptsIn('maxAttempts', maxAttempts),
    priority: priorityIn('priority', priority),
    ...(tags === undefined ? {} : { tags: tagsIn('tags', tags) }),
    ...(notify === undefined ? {} : { notify: notifyIn('notify', notify) }),
    ...(startBy === undefined ? {} : { startBy: startByIn('startBy', startBy, dueAt) }),
    ...(context === undefined ? {} : { context }),
    ...(tenant === undefined ? {} : { tenant }),
    ...atGate(deps.runner, contract, output),
    ...(member === undefined ? {} : { place: member }),
  }
  const { shards } = queuePolicyOf(deps.runner, contract.queue)
  const whole = newJob(given, now, newRequestToken(deps.random), contract.policy, shards)
  return {
    ...placedInput(deps, contract, whole),
    input,
    send: placementFor(dueAt, now, contract.policy).send,
    idempotencyKey: key,
    unique,
  }
}

export const runAtRule =
  'a Date or ISO 8601 text with a zone, such as 2027-01-31T09:00:00Z, at most a year back and ten years ahead'

export function dueAtOf(given: Pick<EnqueueOptions, 'delay' | 'delayMs' | 'runAt'>, now: number): number {
  const named = (['delay', 'delayMs', 'runAt'] as const).filter(name => given[name] !== undefined)
  if (named.length > 1) {
    const finding = named.length === 2 ? 'are both given' : 'are all given'
    throw new InvalidInput(named.join(' and '), 'given together', 'one of delay, delayMs, runAt', finding)
  }
  if (given.delay !== undefined) return now + durationMs('delay', given.delay, 0, maxAheadMs)
  if (given.delayMs !== undefined) return now + millisecondsIn('delayMs', given.delayMs, 0, maxAheadMs)
  if (given.runAt === undefined) return now
  const runAt = instantOf(given.runAt)
  if (runAt === undefined || runAt < now - maxPastMs || runAt > now + maxAheadMs) {
    throw new InvalidInput('runAt', given.runAt, runAtRule)
  }
  return runAt
}

/** What the request says, else what the runner gives, else what the job at work carries. */
function contextOf({ runner }: Deps, { context }: EnqueueRequest): string | undefined {
  const given = context === undefined ? runner.context?.() : context
  return given === undefined ? currentContext() : contextIn('context', given)
}

/** @throws InvalidInput in a chain that has grown without end */
function chainDepthOf(dueAt: number): number {
  const depth = currentChainDepth(dueAt)
  if (depth <= maxChainDepth) return depth
  const allowed = `at most ${maxChainDepth} jobs, each enqueued by the run of the one before within a minute of its start`
  throw new InvalidInput('depth', depth, allowed)
}

interface Keying {
  readonly now: number
  readonly member: Member | undefined
}

/** `own`: the id that the job gets in any case. */
function keysOf(contract: JobContract, request: EnqueueRequest, output: unknown, { now, member }: Keying) {
  const key = keyOf(request.idempotencyKey)
  const unique = uniqueRuleOf(contract, request.unique, output, now)
  if (key !== undefined && unique !== undefined) {
    throw new InvalidInput('idempotencyKey', key, 'none for a unique job: its key is `unique.key`')
  }
  if (member !== undefined) checkMember(key, unique)
  const keyed = key === undefined ? undefined : jobIdFromKey(contract.type, key)
  return { key, unique, own: member?.id ?? unique?.id ?? keyed }
}

/** Its id is that of its place. @throws InvalidInput */
function checkMember(key: string | undefined, unique: UniqueRule | undefined): void {
  if (key !== undefined)
    throw new InvalidInput('idempotencyKey', key, 'none for a job of a group: its place there is its key')
  if (unique !== undefined)
    throw new InvalidInput('unique', unique.key, 'no job that is unique: it may be there for others')
}

function keyOf(key: unknown): string | undefined {
  if (key === undefined) return undefined
  if (typeof key !== 'string' || key.length === 0 || key.length > maxIdempotencyKeyLength) {
    throw new InvalidInput('idempotencyKey', key, `text of 1 to ${maxIdempotencyKeyLength} characters`)
  }
  return key
}
