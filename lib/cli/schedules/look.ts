/** `schedules list`, `schedules show`, `schedules occurrences`. */

import type { OccurrenceView, ScheduleView } from '../../client/schedules.ts'
import { spokenMs } from '../../core/values/duration.ts'
import { type Api, pathOf } from '../api.ts'
import type { Command } from '../command.ts'
import { type Cell, clipped, type Page, paragraph, table, unbroken } from '../render.ts'
import { facts, jsonText, whenText } from '../words.ts'
import { rowsText } from './preview-text.ts'

interface SchedulePage {
  readonly schedules: readonly ScheduleView[]
  readonly next?: string
}

/** All of them: there are at most 50,000, a page holds 100. */
export async function allSchedules(api: Api): Promise<readonly ScheduleView[]> {
  const found: ScheduleView[] = []
  let cursor: string | undefined
  do {
    const { body } = await api.request<SchedulePage>('GET', '/v1/schedules', { query: { limit: 100, cursor } })
    found.push(...body.schedules)
    cursor = body.next
  } while (cursor !== undefined)
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

export const schedulesList: Command = {
  name: 'schedules list',
  summary: 'list the schedules that fire or are paused',
  details: 'Lists the schedules that fire or are paused: when they are due, and who made them.',
  options: [],
  examples: ['lamplighter schedules list', 'lamplighter schedules list --stack prod --json'],
  async run({ api, terminal }) {
    const schedules = await allSchedules(api)
    return { exit: 'done', json: schedules, text: page => listText(page, schedules, terminal.now()) }
  },
}

const wordsShown = 40

/** Without the zone, which has a column of its own, and without what an interval counts from. */
const whenWords = ({ description, timezone }: ScheduleView): string =>
  description.replace(`, ${timezone}`, '').replace(/, counted from .*$/, '')

function listText(page: Page, schedules: readonly ScheduleView[], now: number): string {
  if (schedules.length === 0) return paragraph(page, 'There are no schedules.')
  const rows = schedules.map((one): readonly Cell[] => [
    one.name,
    clipped(whenWords(one), wordsShown),
    one.cron === undefined ? '–' : one.timezone,
    nextCell(one, now),
    isAhead(one, now) ? 'enqueued' : unbroken(whenText(one.lastAt, now)),
    one.owner,
  ])
  return table(page, ['NAME', 'WHEN', 'ZONE', 'NEXT', 'LAST', 'BY'], rows)
}

/** Occurrences are enqueued up to 90 seconds before their time. */
const isAhead = ({ lastAt }: ScheduleView, now: number): boolean => lastAt !== undefined && Date.parse(lastAt) > now

function nextCell(schedule: ScheduleView, now: number): Cell {
  const { status, nextAt, lastAt, lastError } = schedule
  if (status === 'PAUSED') return { text: 'paused', tone: 'yellow' }
  if (lastError !== undefined) return { text: 'fails', tone: 'red' }
  return unbroken(whenText(isAhead(schedule, now) ? lastAt : nextAt, now))
}

const named = [{ name: 'name', description: 'name of the schedule' }] as const

export const schedulesShow: Command = {
  name: 'schedules show',
  summary: 'show a schedule and its next occurrences',
  details: 'Shows a schedule with all its options, how far it has come, and its next occurrences.',
  arguments: named,
  options: [],
  examples: ['lamplighter schedules show daily-report'],
  async run({ api, terminal, named: { name = '' } }) {
    const { body } = await api.request<ScheduleView>('GET', pathOf`/v1/schedules/${name}`)
    return { exit: 'done', json: body, text: page => scheduleText(page, body, terminal.now()) }
  },
}

/** A schedule with what a person wants to know of it. */
export function scheduleText(page: Page, schedule: ScheduleView, now: number): string {
  const { name, type, status, description, gap, repeat, next } = schedule
  const shown = facts(page, `${name} is ${status}`, [
    ['when', gap === undefined ? description : `${description} (gap: ${gap}, repeat: ${repeat})`],
    ['enqueues', type],
    ['input', schedule.input === undefined ? 'from a function in the code' : clipped(jsonText(schedule.input), 200)],
    ['misfire', jsonText(schedule.misfire)],
    ['overlap', schedule.overlap],
    ['jitter', schedule.jitter === '0ms' ? undefined : schedule.jitter],
    ['from', schedule.startAt],
    ['until', schedule.endAt],
    ['times', schedule.times === undefined ? undefined : `${schedule.fired} of ${schedule.times}`],
    ['defined by', schedule.owner === 'code' ? 'the code of the deployment' : 'somebody at run time'],
    ['paused', schedule.pausedAt && `${whenText(schedule.pausedAt, now)} by ${schedule.pausedBy ?? 'somebody'}`],
    [
      'last',
      schedule.lastAt && `${schedule.lastAt}, ${whenText(schedule.lastAt, now)}: job ${schedule.lastJob ?? '–'}`,
    ],
    ['fired', `${schedule.fired} times`],
    ['error', schedule.lastError],
  ])
  return next.length === 0 ? shown : `${shown}\n${paragraph(page, 'Next:')}\n${rowsText(page, next)}`
}

export const schedulesOccurrences: Command = {
  name: 'schedules occurrences',
  summary: 'list past occurrences of a schedule with their jobs',
  details: 'Lists past occurrences of a schedule, the newest first, each with what became of its job.',
  arguments: named,
  options: [{ flags: '--limit <number>', description: 'how many, 1 to 100 (default: 20)' }],
  examples: ['lamplighter schedules occurrences daily-report --limit 5'],
  async run({ api, named: { name = '' }, given }) {
    const { body } = await api.request<{ readonly occurrences: readonly OccurrenceView[] }>(
      'GET',
      pathOf`/v1/schedules/${name}/occurrences`,
      { query: { limit: given['limit'] } },
    )
    return { exit: 'done', json: body.occurrences, text: page => occurrencesText(page, body.occurrences) }
  },
}

function occurrencesText(page: Page, occurrences: readonly OccurrenceView[]): string {
  if (occurrences.length === 0) return paragraph(page, 'It has not fired yet.')
  const rows = occurrences.map(({ at, id, state, startedAt }): readonly Cell[] => [
    at.replace('.000Z', 'Z'),
    state ?? 'gone',
    startedAt === undefined ? '–' : spokenMs(Date.parse(startedAt) - Date.parse(at)),
    id,
  ])
  return table(page, ['DUE', 'STATE', 'LATE', 'JOB'], rows)
}
