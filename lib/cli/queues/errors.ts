/** `errors`: failures that are alike. */
import type { ErrorGroups, ErrorGroupView } from '../../client/lookup.ts'
import type { Command } from '../command.ts'
import { clipped, type Page, paragraph, toned } from '../render.ts'
import { rememberIds, shortIds } from '../shown-ids.ts'
import { counted, countIn, whenText } from '../words.ts'

export const errors: Command = {
  name: 'errors',
  summary: 'list failures that are alike, the latest first',
  details: 'Lists failures that are alike: by type, name and message, without what differs from job to job.',
  options: [
    { flags: '--queue <queue>', description: 'of this queue (default: all)' },
    { flags: '--type <type>', description: 'of this job type' },
    { flags: '--limit <number>', description: 'how many groups are printed; JSON has all (default: 20)' },
  ],
  examples: ['lamplighter errors', 'lamplighter errors --queue mails --json'],
  async run(call) {
    const { api, given, terminal } = call
    const { queue, type, limit } = given
    const { body } = await api.request<ErrorGroups>('GET', '/v1/errors', { query: { queue, type } })
    const count = countIn('--limit', limit ?? '20', 1_000)
    await rememberIds(
      call,
      body.groups.slice(0, count).flatMap(({ jobs }) => jobs),
    )
    return { exit: 'done', json: body, text: page => groupsText(page, { ...body, count, now: terminal.now() }) }
  },
}

interface Listed extends ErrorGroups {
  readonly count: number
  readonly now: number
}

function groupsText(page: Page, { groups, isComplete, count, now }: Listed): string {
  if (groups.length === 0) return paragraph(page, 'No run has failed in the last 30 days.')
  const shown = groups.slice(0, count).map(group => groupText(page, group, now))
  const left = groups.length - shown.length
  const notes = [
    ...(left === 0 ? [] : [`${left} more groups; --limit shows them.`]),
    ...(isComplete ? [] : ['A queue has more than 500 groups: some are left out.']),
  ]
  return [...shown, ...notes.map(note => toned(page, 'dim', paragraph(page, note)))].join('\n\n')
}

const maxMessageColumns = 300

function groupText(page: Page, group: ErrorGroupView, now: number): string {
  const { why, type, queue, count, jobsFailed, lastAt, firstAt, message, frame, jobs } = group
  const ids = shortIds(jobs)
  return [
    toned(page, 'bold', paragraph(page, `${why}  ${type} in ${queue}`)),
    paragraph(page, `  ${clipped(message, maxMessageColumns)}`),
    ...(frame === undefined ? [] : [toned(page, 'dim', paragraph(page, `  ${frame.trim()}`))]),
    paragraph(
      page,
      `  ${counted(count, 'run')}, ${counted(jobsFailed, 'job')} FAILED · last ${whenText(lastAt, now)}, first ${whenText(firstAt, now)}`,
    ),
    ...(jobs.length === 0 ? [] : [paragraph(page, `  latest: ${jobs.map(id => ids.get(id) ?? id).join(' ')}`)]),
  ].join('\n')
}
