/** `schedules add`: makes a schedule at run time, or replaces one. */

import type { ScheduleView } from '../../client/schedules.ts'
import { pathOf } from '../api.ts'
import type { Command, Given } from '../command.ts'
import { paragraph } from '../render.ts'
import { countIn, jsonIn } from '../words.ts'
import { scheduleText } from './look.ts'
import { timeOptions } from './preview.ts'

/** Options that the API takes as they are typed. */
const plainOptions = ['cron', 'every', 'anchor', 'at', 'gap', 'repeat', 'overlap', 'jitter'] as const

export const schedulesAdd: Command = {
  name: 'schedules add',
  summary: 'make a schedule at run time',
  details: 'Makes a schedule at run time. One that exists is replaced only with --replace. Deploys leave it alone.',
  arguments: [
    { name: 'name', description: 'a letter, a digit or _, then also . : -; at most 128 characters' },
    { name: 'type', description: 'type of the jobs that it enqueues' },
  ],
  options: [
    ...timeOptions,
    { flags: '--input <json>', description: 'input of each job: JSON, @file, or - for stdin (default: {})' },
    { flags: '--anchor <instant>', description: 'what --every counts from (default: now, cut to the minute)' },
    { flags: '--misfire <rule>', description: 'what nobody fired in time: skip, latest or all:<n> (default: latest)' },
    { flags: '--overlap <rule>', description: 'allow, skip, queueOne or cancelPrevious (default: allow)' },
    { flags: '--jitter <duration>', description: 'each starts up to this much later, 0s to 1h (default: 0s)' },
    { flags: '--start <instant>', description: 'no occurrence before it' },
    { flags: '--end <instant>', description: 'no occurrence at or after it' },
    { flags: '--times <number>', description: 'it ends after so many occurrences' },
    { flags: '--paused', description: 'make it, and do not fire it' },
    { flags: '--replace', description: 'replace the schedule if there is one of this name' },
  ],
  examples: [
    "lamplighter schedules add digest send-digest --cron '0 8 * * MON-FRI'",
    'lamplighter schedules add launch announce --at 2027-01-01T00:00:00Z',
  ],
  async run({ api, terminal, named: { name = '', type = '' }, given, flags }) {
    const path = pathOf`/v1/schedules/${name}`
    const input = given['input'] === undefined ? {} : jsonIn('--input', given['input'], terminal)
    const body = { type, input, ...optionsFrom(given), ...(flags.has('paused') ? { paused: true } : {}) }
    const headers = flags.has('replace') ? await whatIsThere() : { 'if-none-match': '*' }
    const { status, body: made } = await api.request<ScheduleView>('PUT', path, { body, headers })
    return {
      exit: 'done',
      json: made,
      text: page =>
        `${paragraph(page, status === 201 ? 'Made.' : 'Replaced.')}\n${scheduleText(page, made, terminal.now())}`,
    }

    /** Its version, so that nobody else's change is lost; none if it does not exist. */
    async function whatIsThere(): Promise<Readonly<Record<string, string>>> {
      try {
        const { etag } = await api.request('GET', path)
        return etag === undefined ? {} : { 'if-match': etag }
      } catch (error) {
        if (error instanceof Error && 'status' in error && error.status === 404) return { 'if-none-match': '*' }
        throw error
      }
    }
  },
}

function optionsFrom(given: Given): Readonly<Record<string, unknown>> {
  const { tz, misfire, start, end, times } = given
  return {
    ...Object.fromEntries(plainOptions.flatMap(name => (given[name] === undefined ? [] : [[name, given[name]]]))),
    ...(tz === undefined ? {} : { timezone: tz }),
    ...(misfire === undefined ? {} : { misfire: misfireIn(misfire) }),
    ...(start === undefined ? {} : { startAt: start }),
    ...(end === undefined ? {} : { endAt: end }),
    ...(times === undefined ? {} : { times: countIn('--times', times, 1_000_000_000) }),
  }
}

function misfireIn(text: string): unknown {
  const all = /^all:(\d{1,4})$/.exec(text)?.[1]
  return all === undefined ? text : { all: Number(all) }
}
