/** The schedules of a world: what each release declares, and what happens to them. */

import { scheduleKey } from '../../lib/core/records/keys.ts'
import { type StoredSchedule, scheduleFrom } from '../../lib/core/records/schedule-record.ts'
import { checkSchedule } from '../../lib/core/schedule/check-schedule.ts'
import { definitionHash, type ScheduleDeclaration, type ScheduleOptions } from '../../lib/core/schedule/definition.ts'
import { leadMs } from '../../lib/core/values/times.ts'
import type { MemoryRecordStore } from '../../lib/testing/memory-record-store.ts'

/** A schedule whose times a person can count: each is a multiple of `everyMs`, plus `phaseMs`. */
export interface SchedulePlan {
  readonly name: string
  readonly type: string
  readonly options: Omit<ScheduleOptions, 'input'>
  /** Which script its jobs follow. */
  readonly n: number
  readonly everyMs: number
  readonly phaseMs?: number
  readonly fromMs: number
  readonly untilMs: number
}

export interface SchedulesPlan {
  readonly releases: readonly [readonly SchedulePlan[], readonly SchedulePlan[]]
  readonly deploys: readonly { readonly atMs: number; readonly release: 0 | 1 }[]
  /** No tick in this time. */
  readonly outage?: { readonly fromMs: number; readonly toMs: number }
  /** From here on, sweepers have other data of the time zones. */
  readonly zonesMs?: number
  /** Nothing goes wrong: every occurrence starts on time. */
  readonly isPunctual?: boolean
}

export function declarationOf({ name, type, n, options }: SchedulePlan): ScheduleDeclaration {
  return checkSchedule('schedule', { name, type, options: { ...options, input: { n } } })
}

/** By the hash that is stored with a schedule. */
export const plansByHash = ({ releases }: SchedulesPlan): ReadonlyMap<string, SchedulePlan> =>
  new Map(releases.flat().map(plan => [definitionHash(declarationOf(plan)), plan]))

/** Times from `from` up to and without `to`, in milliseconds since the epoch. */
export function timesOf(
  { everyMs, phaseMs = 0, fromMs, untilMs }: SchedulePlan,
  { startAt, from, to }: { startAt: number; from: number; to: number },
): readonly number[] {
  const first = Math.max(from, startAt + fromMs)
  const end = Math.min(to, startAt + untilMs)
  const times: number[] = []
  for (let time = Math.ceil((first - phaseMs) / everyMs) * everyMs + phaseMs; time < end; time += everyMs)
    times.push(time)
  return times
}

const namesOf = ({ releases }: SchedulesPlan): readonly string[] => [
  ...new Set(releases.flat().map(({ name }) => name)),
]

/** As they are stored now. */
export const storedSchedules = (records: MemoryRecordStore, plan: SchedulesPlan): readonly StoredSchedule[] =>
  namesOf(plan).flatMap(name => {
    const record = records.read(scheduleKey(name))
    return record === undefined ? [] : (scheduleFrom(record) ?? [])
  })

/** The zones' rules have changed: what is still to come was placed an hour late by those before. */
export function moveAsOldRulesHadIt(records: MemoryRecordStore, plan: SchedulesPlan, now: number): void {
  for (const { definition, status, nextAt } of storedSchedules(records, plan)) {
    if (status !== 'ACTIVE' || definition.timezone === 'UTC' || nextAt === undefined || nextAt < now + 2 * leadMs)
      continue
    const key = scheduleKey(definition.name)
    const record = records.read(key)
    if (record === undefined) continue
    const wrong = { nextAt: nextAt + 3_600_000, lookAt: nextAt + 3_600_000 - leadMs }
    records.expire(key)
    void records.putIfAbsent([{ ...record, attributes: { ...record.attributes, ...wrong } }])
  }
}
