/** `stats`: what happened, by minute or hour. */
import type { Figures, Quantiles, Stats } from '../../client/lookup.ts'
import { spokenMs } from '../../core/values/duration.ts'
import type { Command } from '../command.ts'
import { type Page, paragraph, table, toned, unbroken } from '../render.ts'
import { facts, instantFrom } from '../words.ts'

export const stats: Command = {
  name: 'stats',
  summary: 'show what happened, by minute or hour',
  details: 'Shows what happened, by minute or hour: counts are exact up to a few seconds ago, percentiles within 20 %.',
  options: [
    { flags: '--queue <queue>', description: 'of this queue (default: all)' },
    { flags: '--type <type>', description: 'of this job type' },
    { flags: '--step <step>', description: 'minute or hour (default: minute)' },
    { flags: '--from <time>', description: 'instant, or so long ago: 6h (default: an hour; with hours a day)' },
    { flags: '--to <time>', description: 'instant, or so long ago (default: now)' },
  ],
  examples: ['lamplighter stats', 'lamplighter stats --queue mails --step hour --from 7d'],
  async run({ api, given, terminal }) {
    const { queue, type, step, from, to } = given
    const now = terminal.now()
    const query = {
      queue,
      type,
      step,
      from: from === undefined ? undefined : instantFrom('--from', from, now),
      to: to === undefined ? undefined : instantFrom('--to', to, now),
    }
    const { body } = await api.request<Stats>('GET', '/v1/stats', { query })
    return { exit: 'done', json: body, text: page => statsText(page, body) }
  },
}

function statsText(page: Page, { spans, total, from, to, step }: Stats): string {
  const minutes = Math.max(1, (Date.parse(to) - Date.parse(from)) / 60_000)
  const head = facts(page, `${short(from)} to ${short(to)}`, [
    ['enqueued', `${total.enqueued}, ${perMinute(total.enqueued / minutes)}`],
    ['started', `${total.started}, ${perMinute(total.started / minutes)}`],
    ['ended', endedText(total)],
    ['runs', `${total.retried} retried, ${total.crashed} crashed, ${total.snoozed} snoozed`],
    ['wait', quantilesText(total.wait)],
    ['run', quantilesText(total.run)],
  ])
  if (spans.length === 0) return `${head}\n\n${toned(page, 'dim', paragraph(page, 'Nothing happened.'))}`
  const rows = spans.map(span => [
    step === 'minute' ? span.startsAt.slice(11, 16) : `${span.startsAt.slice(5, 10)} ${span.startsAt.slice(11, 13)}h`,
    ...[span.enqueued, span.started, span.completed, span.failed, span.retried, span.waiting].map(String),
    p95(span.wait),
    p95(span.run),
  ])
  const header = ['UTC', 'ENQUEUED', 'STARTED', 'COMPL.', 'FAILED', 'RETRIED', 'WAITING', 'P95 WAIT', 'P95 RUN']
  return `${head}\n\n${table(
    page,
    header,
    rows.map(row => row.map(unbroken)),
  )}`
}

const short = (instant: string): string => instant.replace(/:\d\d\.\d+Z$/, 'Z').replace('T', ' ')
const endedText = ({ completed, failed, cancelled }: Figures): string =>
  `${completed} completed, ${failed} failed, ${cancelled} cancelled`
const perMinute = (rate: number): string => `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a minute`
const p95 = ({ p95: value }: Quantiles): string => (value === undefined ? '–' : spokenMs(value))

function quantilesText(quantiles: Quantiles): string | undefined {
  const texts = (['p50', 'p95', 'p99'] as const).flatMap(name => {
    const value = quantiles[name]
    return value === undefined ? [] : [`${name} ${spokenMs(value)}`]
  })
  return texts.length === 0 ? undefined : texts.join(', ')
}
