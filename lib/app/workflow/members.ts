/** Jobs of a group: made, placed, looked at. */
import { childJobId } from '../../core/job/ids.ts'
import { generationOf, isTerminal, type Job, lifeOf } from '../../core/job/job.ts'
import { type GroupName, parentText } from '../../core/job/parent.ts'
import { type Group, groupFrom, groupRecords, type NewGroup } from '../../core/records/group.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { LamplighterError, Unavailable } from '../../core/values/errors.ts'
import { chunksOf, mapBounded } from '../../core/values/lists.ts'
import { repeatFailed } from '../../core/values/repeat-failed.ts'
import type { Deps } from '../../ports/deps.ts'
import type { PutOutcome } from '../../ports/record-store.ts'
import { insertPrepared } from '../enqueue/enqueue.ts'
import { type EnqueueRequest, type Prepared, prepare } from '../enqueue/prepare.ts'

/** The group of a step: of the job's generation as it runs. */
export const groupOf = ({ job }: { readonly job: Job }, name: string): GroupName => ({
  ...lifeOf(job),
  generation: generationOf(job),
  name,
})

/** What all members of a group have in common. */
export interface Membership {
  readonly group: GroupName
  readonly isBound: boolean
  /** Until when they are kept, for whoever waits for them. */
  readonly endBy: number
}

/** Checked together, so that the input schemas of 10,000 are not asked one after the other. */
const checkedAtOnce = 100

/**
 * Checks every request before anything is written.
 * @throws LamplighterError of the first one that is refused; its message begins with the place
 */
export async function preparedMembers(
  deps: Deps,
  requests: readonly EnqueueRequest[],
  { group, isBound, endBy }: Membership,
): Promise<readonly Prepared[]> {
  return mapBounded(requests, checkedAtOnce, async (request, index) => {
    const member = { id: childJobId(group, index), parent: parentText({ ...group, index, isBound }), endBy }
    try {
      return await prepare(deps, request, undefined, member)
    } catch (error) {
      throw atPlace(`jobs[${index}]`, error)
    }
  })
}

/** Says which of many requests an error is about. */
export function atPlace(place: string, error: unknown): Error {
  if (!(error instanceof LamplighterError)) return error instanceof Error ? error : new Error(String(error))
  error.place = place
  error.message = `${place}: ${error.message}`
  return error
}

/** Beyond the SDK's own retries. */
const delaysMs = [200, 1_000, 3_000]

export interface PlacedGroup {
  readonly group: Group
  /** It was there: some of its jobs may be, too. */
  readonly isOld: boolean
}

/** The records of a group, before its first job. @throws Unavailable */
export async function putGroup({ records, clock }: Deps, name: GroupName, made: NewGroup): Promise<PlacedGroup> {
  const all = groupRecords(name, made)
  const put = (asked: readonly StoredRecord[]) => records.putIfAbsent(asked)
  const outcomes = await repeatFailed(all, put, isFailed, { clock, delaysMs })
  const failed = outcomes.find(isFailed)
  if (failed?.kind === 'failed') throw new Unavailable('group', failed.error)
  const [root] = outcomes
  const stored = root?.kind === 'exists' ? groupFrom(root.record) : groupFrom(all[0])
  if (stored === undefined) throw new Unavailable('group', 'its record cannot be read')
  return { group: stored, isOld: outcomes.some(({ kind }) => kind === 'exists') }
}

const isFailed = ({ kind }: PutOutcome): boolean => kind === 'failed'

const idsAtOnce = 100
const readsAtOnce = 4

const idsOf = (group: GroupName, indexes: readonly number[]): readonly string[] =>
  indexes.map(index => childJobId(group, index))

/**
 * Reads members a slice at a time; memory holds four slices.
 * @throws Unavailable
 */
export async function readMembers<Out>(
  { store }: Pick<Deps, 'store'>,
  group: GroupName,
  indexes: readonly number[],
  read: { readonly parts: 'all' | 'control'; readonly of: (job: Job | undefined, index: number) => Out },
): Promise<readonly Out[]> {
  const slices = await mapBounded(chunksOf(indexes, idsAtOnce), readsAtOnce, async slice => {
    const jobs = await store.get(idsOf(group, slice), read.parts)
    return slice.map((index, at) => read.of(jobs[at], index))
  })
  return slices.flat()
}

/** Whether nothing follows any more. One that begins anew under its id has not ended. */
export const hasEnded = (job: Job): boolean => isTerminal(job.state) && job.next === undefined

const indexIfEnded = (job: Job | undefined, index: number): number | undefined =>
  job === undefined || hasEnded(job) ? index : undefined

/** Which of these have ended. One that is gone has ended, too: it had been placed. @throws Unavailable */
export async function endedMembers(
  deps: Deps,
  group: GroupName,
  indexes: readonly number[],
): Promise<readonly number[]> {
  const ended = await readMembers(deps, group, indexes, { parts: 'control', of: indexIfEnded })
  return ended.filter(index => index !== undefined)
}

/** Those that are not there yet. @throws Unavailable */
export async function missingMembers(
  deps: Deps,
  group: GroupName,
  all: readonly Prepared[],
): Promise<readonly Prepared[]> {
  const of = (job: Job | undefined, index: number): Prepared | undefined => (job === undefined ? all[index] : undefined)
  const missing = await readMembers(deps, group, [...all.keys()], { parts: 'control', of })
  return missing.filter(one => one !== undefined)
}

const placedAtOnce = 4

/**
 * Places one wave of members. What is there already stays as it is.
 * @returns the error of the first that could not be written; undefined when all are there
 */
export async function placeWave(deps: Deps, wave: readonly Prepared[]): Promise<LamplighterError | undefined> {
  const slices = chunksOf(wave, idsAtOnce)
  const outcomes = await mapBounded(slices, placedAtOnce, slice => insertPrepared(deps, slice))
  const refused = outcomes.flat().find(({ kind }) => kind === 'refused')
  return refused?.kind === 'refused' ? refused.error : undefined
}

/** Members that are placed together: what a run does between two looks at its time. */
export const waveSize = idsAtOnce * placedAtOnce

/** Whether an error says that a request can never be placed, however often it is tried. */
export const isForEver = (error: unknown): error is LamplighterError =>
  error instanceof LamplighterError && !(error instanceof Unavailable)
