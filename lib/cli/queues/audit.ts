/** `audit`: who did what. */
import type { AuditPage, AuditView } from '../../client/lookup.ts'
import type { Command } from '../command.ts'
import { type Cell, clipped, type Page, paragraph, table, toned, unbroken } from '../render.ts'
import { rememberIds, shortIds } from '../shown-ids.ts'
import { instantFrom, whenText } from '../words.ts'

const defaultLimit = '20'

export const audit: Command = {
  name: 'audit',
  summary: 'list who did what to jobs, queues and schedules',
  details: 'Lists acts that changed something, the newest first: who did what, to which job, queue or schedule.',
  options: [
    { flags: '--job <id>', description: 'to this job: its whole id' },
    { flags: '--queue <queue>', description: 'to this queue' },
    { flags: '--schedule <name>', description: 'to this schedule' },
    { flags: '--actor <name>', description: 'by this person or program' },
    { flags: '--from <time>', description: 'not before this instant, or so long ago (default: 7d)' },
    { flags: '--to <time>', description: 'not after this instant, or so long ago' },
    { flags: '--limit <number>', description: `how many, 1 to 100 (default: ${defaultLimit})` },
    { flags: '--cursor <text>', description: 'where the page before ended' },
  ],
  examples: ['lamplighter audit', 'lamplighter audit --queue mails --from 24h'],
  async run(call) {
    const { api, given, terminal } = call
    const { job, queue, schedule, actor, from, to, limit = defaultLimit, cursor } = given
    const now = terminal.now()
    const query = {
      job,
      queue,
      schedule,
      actor,
      limit,
      cursor,
      from: from === undefined ? undefined : instantFrom('--from', from, now),
      to: to === undefined ? undefined : instantFrom('--to', to, now),
    }
    const { body } = await api.request<AuditPage>('GET', '/v1/audit', { query })
    await rememberIds(
      call,
      body.acts.flatMap(one => one.job ?? []),
    )
    return { exit: 'done', json: body, text: page => auditText(page, body, now) }
  },
}

const maxActorColumns = 30
const maxOptionColumns = 60

function auditText(page: Page, { acts, next }: AuditPage, now: number): string {
  if (acts.length === 0 && next === undefined) return paragraph(page, 'Nobody did anything.')
  const ids = shortIds(acts.flatMap(({ job }) => job ?? []))
  const rows = acts.map((act): readonly Cell[] => [
    unbroken(whenText(act.at, now)),
    clipped(actorText(act.actor), maxActorColumns),
    act.act,
    subjectOf(act, ids),
    clipped(optionsText(act.options), maxOptionColumns),
  ])
  const shown = acts.length === 0 ? [] : [table(page, ['WHEN', 'BY', 'DID', 'TO', 'WITH'], rows)]
  const more = next === undefined ? [] : [toned(page, 'dim', paragraph(page, `More: --cursor ${next}`))]
  return [...shown, ...more].join('\n')
}

/** `queue=mails why=Error rate=50`: words, so that they wrap. What lies within is listed like the rest. */
function optionsText(options: unknown): string {
  if (typeof options !== 'object' || options === null) return options === undefined ? '' : JSON.stringify(options)
  return Object.entries(options)
    .map(([name, value]) =>
      typeof value === 'object' && value !== null ? optionsText(value) : `${name}=${String(value)}`,
    )
    .filter(text => text !== '')
    .join(' ')
}

/** Of an ARN, what tells people apart: `AdminRole/alice`. */
const actorText = (actor: string): string => actor.replace(/^arn:[^/]*\//, '')

function subjectOf({ job, type, queue, schedule, bulk }: AuditView, ids: ReadonlyMap<string, string>): string {
  if (job !== undefined) {
    const own = type?.startsWith('lamplighter.') === true ? undefined : type
    return [own, ids.get(job) ?? job].filter(text => text !== undefined).join(' ')
  }
  return schedule ?? bulk ?? queue ?? ''
}
