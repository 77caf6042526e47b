/** `audit`: who did what. */
import type { AuditPage, AuditView } from '../../client/lookup.ts'
import type { Command } from '../command.ts'
import { type Cell, clipped, type Page, paragraph, table, toned } from '../render.ts'
import { rememberIds, shortIds } from '../shown-ids.ts'
import { instantFrom } from '../words.ts'

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
    return { exit: 'done', json: body, text: page => auditText(page, body) }
  },
}

const maxActorColumns = 30
const maxOptionColumns = 60

function auditText(page: Page, { acts, next }: AuditPage): string {
  if (acts.length === 0 && next === undefined) return paragraph(page, 'Nobody did anything.')
  const ids = shortIds(acts.flatMap(({ job }) => job ?? []))
  const rows = acts.map((act): readonly Cell[] => [
    act.at.replace(/\.\d+Z$/, 'Z'),
    clipped(actorText(act.actor), maxActorColumns),
    act.act,
    subjectOf(act, ids),
    act.options === undefined ? '' : clipped(JSON.stringify(act.options), maxOptionColumns),
  ])
  const shown = acts.length === 0 ? [] : [table(page, ['AT', 'BY', 'DID', 'TO', 'WITH'], rows)]
  const more = next === undefined ? [] : [toned(page, 'dim', paragraph(page, `More: --cursor ${next}`))]
  return [...shown, ...more].join('\n')
}

/** Of an ARN, what tells people apart: `AdminRole/alice`. */
const actorText = (actor: string): string => actor.replace(/^arn:[^/]*\//, '')

function subjectOf({ job, type, queue, schedule, bulk }: AuditView, ids: ReadonlyMap<string, string>): string {
  if (job !== undefined) return [type, ids.get(job) ?? job].filter(text => text !== undefined).join(' ')
  return schedule ?? bulk ?? queue ?? ''
}
