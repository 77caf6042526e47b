/** `jobs list`. */
import type { JobPage, JobSummary, QueueView } from '../../client/lookup.ts'
import type { JobState } from '../../core/job/job.ts'
import type { Phase } from '../../core/job/lane.ts'
import { phaseOf, statesIn } from '../../core/lookup/job-filter.ts'
import type { Call, Command } from '../command.ts'
import { type Cell, clipped, type Page, paragraph, table, toned, unbroken } from '../render.ts'
import { rememberIds, shortIds } from '../shown-ids.ts'
import { whenText } from '../words.ts'
import { type Filter, filterFrom, filterOptions } from './filter-options.ts'
import { errorText, stateCell, triesText } from './job-text.ts'

const defaultLimit = '20'

export const jobsList: Command = {
  name: 'jobs list',
  summary: 'list jobs by queue, phase, state, type, tag, error and time',
  details:
    'Lists jobs: those that have not ended, unless --phase or --state says otherwise. The end of an id that is shown ' +
    'stands for the job in other commands. Completed jobs are there only if their contract has listCompleted: true.',
  options: [
    ...filterOptions,
    { flags: '--order <order>', description: 'newest or oldest first (default: newest; of live jobs oldest)' },
    { flags: '--limit <number>', description: `how many, 1 to 100 (default: ${defaultLimit})` },
    { flags: '--cursor <text>', description: 'where the page before ended' },
  ],
  examples: [
    'lamplighter jobs list',
    'lamplighter jobs list --queue mails --phase failed --from 12h',
    'lamplighter jobs list --parked',
    "lamplighter jobs list --phase failed --why 'TimeoutError#9c1f22ab' --json",
  ],
  async run(call) {
    const { api, given, terminal } = call
    const filter = filterFrom(call)
    const { order, limit = defaultLimit, cursor } = given
    const { body } = await api.request<JobPage>('GET', '/v1/jobs', { query: { ...filter, order, limit, cursor } })
    await rememberIds(
      call,
      body.jobs.map(({ id }) => id),
    )
    const total = call.isJson || body.next === undefined ? undefined : await totalOf(call, filter)
    return {
      exit: 'done',
      json: body,
      text: page => pageText(page, { ...body, filter, total, now: terminal.now() }),
    }
  },
}

/** How many there are, where the recorder's counts say it: they know queue and phase alone. */
async function totalOf({ api }: Call, filter: Filter): Promise<Total | undefined> {
  if (Object.keys(filter).some(name => name !== 'queue' && name !== 'phase')) return undefined
  const { body } = await api.request<{ readonly queues: readonly QueueView[] }>('GET', '/v1/queues')
  const queues = body.queues.filter(({ name }) => filter.queue === undefined || name === filter.queue)
  const states = statesIn((filter.phase ?? 'live') as Phase)
  const counts = queues.flatMap(({ jobs }) => states.map(state => jobs.states[state] ?? 0))
  const asOf = queues.flatMap(({ jobs }) => jobs.asOf ?? []).toSorted()[0]
  return asOf === undefined ? undefined : { count: counts.reduce((sum, count) => sum + count, 0), asOf }
}

interface Total {
  readonly count: number
  readonly asOf: string
}

interface Listed extends JobPage {
  readonly filter: Filter
  readonly total: Total | undefined
  readonly now: number
}

function pageText(page: Page, listed: Listed): string {
  const { jobs, next, looked, filter, total, now } = listed
  const phase = phaseIn(filter)
  if (jobs.length === 0 && next === undefined) {
    const note = phase === 'completed' ? ' Completed jobs are listed if their contract has listCompleted: true.' : ''
    return paragraph(page, `No ${phase} job matches.${note}`)
  }
  const shown = jobs.length === 0 ? [] : [jobsTable(page, jobs, { filter, now })]
  if (next === undefined) return shown.join('\n')
  const of =
    total === undefined
      ? `${looked} looked at`
      : `of ${total.count.toLocaleString('en-US')}, as counted ${whenText(total.asOf, now)}`
  const note = `${jobs.length} shown, ${of}. More: --cursor ${next}`
  return [...shown, toned(page, 'dim', paragraph(page, note))].join('\n')
}

const phaseIn = ({ phase, state }: Filter): string =>
  phase ?? (state === undefined ? 'live' : phaseOf(state as JobState))

const maxErrorColumns = 60

/** Columns that say nothing new are left out: the queue that was asked for, the state that a phase is. */
function jobsTable(
  page: Page,
  jobs: readonly JobSummary[],
  { filter, now }: { readonly filter: Filter; readonly now: number },
): string {
  const ids = shortIds(jobs.map(({ id }) => id))
  const isLive = phaseIn(filter) === 'live'
  const isError = phaseIn(filter) === 'failed'
  const isReason = phaseIn(filter) === 'cancelled' && jobs.some(({ code }) => code !== undefined)
  const isLineShown = jobs.some(({ parked }) => parked !== undefined)
  const isQueueShown = filter.queue === undefined && new Set(jobs.map(({ queue }) => queue)).size > 1
  const header = [
    'ID',
    'TYPE',
    ...(isQueueShown ? ['QUEUE'] : []),
    ...(isLive ? ['STATE'] : []),
    'TRIES',
    isLive ? 'DUE' : 'ENDED',
    ...(isLineShown ? ['IN LINE AT'] : []),
    ...(isError || isReason ? ['WHY'] : []),
  ]
  const rows = jobs.map((job): readonly Cell[] => [
    ids.get(job.id) ?? job.id,
    job.type,
    ...(isQueueShown ? [job.queue] : []),
    ...(isLive ? [stateCell(job.state)] : []),
    triesText(job),
    unbroken(whenText(isLive ? job.scheduledAt : job.finishedAt, now)),
    ...(isLineShown ? [job.parked === undefined ? '' : (job.gate ?? job.queue)] : []),
    ...(isError ? [clipped(errorText(job.error), maxErrorColumns)] : []),
    ...(isReason ? [job.code ?? ''] : []),
  ])
  return table(page, header, rows)
}
