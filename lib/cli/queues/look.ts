/** `queues list` and `queues show`. */
import type { GatePage, GateView, GateWithLine, Quantiles, QueueView } from '../../client/lookup.ts'
import { waitingStates } from '../../core/job/job.ts'
import { spokenMs } from '../../core/values/duration.ts'
import { pathOf } from '../api.ts'
import type { ArgumentSpec, Command } from '../command.ts'
import { type Cell, type Page, paragraph, table, toned, unbroken } from '../render.ts'
import { rememberIds, shortIds } from '../shown-ids.ts'
import { counted, facts, whenText } from '../words.ts'

export const queueArgument: readonly ArgumentSpec[] = [{ name: 'queue', description: 'name of the queue' }]

export const queuesList: Command = {
  name: 'queues list',
  summary: 'list the queues: how full they are, how fast they go, what is paused',
  details:
    'Lists the queues with the jobs that they hold, as the recorder counted them a few seconds ago; how long the oldest ' +
    'that is due has waited; and what completed in a minute, of the last five.',
  options: [],
  examples: ['lamplighter queues list', 'lamplighter queues list --stack prod --json'],
  async run({ api, terminal }) {
    const { body } = await api.request<{ readonly queues: readonly QueueView[] }>('GET', '/v1/queues')
    return { exit: 'done', json: body, text: page => queuesText(page, body.queues, terminal.now()) }
  },
}

const inState = ({ jobs }: QueueView, state: string): number =>
  (jobs.states as Readonly<Record<string, number>>)[state] ?? 0
const waitingIn = (queue: QueueView): number =>
  waitingStates.filter(state => state !== 'RETRY').reduce((sum, state) => sum + inState(queue, state), 0)
const countText = (count: number): string => count.toLocaleString('en-US')
const rateText = (rate: number): string =>
  rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : countText(Math.round(rate))

function queuesText(page: Page, queues: readonly QueueView[], now: number): string {
  const rows = queues.map((queue): readonly Cell[] => [
    queue.name,
    queue.paused === undefined ? '' : { text: 'paused', tone: 'yellow' },
    countText(waitingIn(queue)),
    queue.oldestWaiting === undefined ? '–' : unbroken(spokenMs(queue.oldestWaiting.ms)),
    countText(inState(queue, 'IN_PROGRESS')),
    countText(inState(queue, 'RETRY')),
    failedCell(inState(queue, 'FAILED')),
    rateText(queue.rates.completed),
    queue.run.p95 === undefined ? '–' : unbroken(spokenMs(queue.run.p95)),
  ])
  const shown = table(page, ['QUEUE', '', 'WAITING', 'OLDEST', 'RUNNING', 'RETRY', 'FAILED', '/MIN', 'P95 RUN'], rows)
  const asOf = queues.flatMap(({ jobs }) => jobs.asOf ?? []).toSorted()[0]
  if (asOf === undefined) return shown
  return `${shown}\n${toned(page, 'dim', paragraph(page, `Counted ${whenText(asOf, now)}.`))}`
}

const failedCell = (count: number): Cell => (count === 0 ? '0' : { text: countText(count), tone: 'red' })

export const queuesShow: Command = {
  name: 'queues show',
  summary: 'show a queue: its jobs by type, rates, times, messages, pause',
  details:
    'Shows a queue: its jobs by type and state, rates and times of the last five minutes, its messages, its pause.',
  arguments: queueArgument,
  options: [],
  examples: ['lamplighter queues show mails'],
  async run({ api, terminal, named: { queue = '' } }) {
    const { body } = await api.request<QueueView>('GET', pathOf`/v1/queues/${queue}`)
    return { exit: 'done', json: body, text: page => queueText(page, body, terminal.now()) }
  },
}

function queueText(page: Page, queue: QueueView, now: number): string {
  const { name, paused, messages, rates, wait, run, jobs, policy } = queue
  const shown = facts(page, paused === undefined ? name : `${name} is paused`, [
    ['paused', paused === undefined ? undefined : pauseText(paused, now)],
    ['concurrency', concurrencyText(queue)],
    ['limit', limitText(queue)],
    [
      'behind',
      queue.behind && `since ${whenText(queue.behind.since, now)}: jobs wait in the table until there is room`,
    ],
    ['mapping', queue.mapping],
    [
      'messages',
      messages && `about ${messages.visible} visible, ${messages.inFlight} in flight, ${messages.delayed} delayed`,
    ],
    [
      'a minute',
      `${rateText(rates.enqueued)} enqueued, ${rateText(rates.completed)} completed, ${rateText(rates.failed)} failed`,
    ],
    ['oldest', oldestText(queue)],
    ['wait', quantilesText(wait)],
    ['run', quantilesText(run)],
    ['counted', jobs.asOf && whenText(jobs.asOf, now)],
    ['code', policy === undefined ? 'the deployed code does not have it' : undefined],
  ])
  const rows = Object.entries(jobs.types).map(([type, states]) => [
    type,
    Object.entries(states)
      .map(([state, count]) => `${countText(count)} ${state}`)
      .join(', '),
  ])
  return rows.length === 0 ? shown : `${shown}\n\n${table(page, ['TYPE', 'JOBS'], rows)}`
}

export const queuesGates: Command = {
  name: 'queues gates',
  summary: 'list the limits of a queue at which jobs wait: who holds them, how many wait',
  details:
    'Lists the gates at which jobs wait: one for each key of a limit, and one for a limit of the whole queue. Who holds ' +
    'their places, how many wait in line, and since when somebody does.',
  arguments: queueArgument,
  options: [
    { flags: '--limit <number>', description: 'how many, 1 to 100 (default: 20)' },
    { flags: '--cursor <text>', description: 'where the page before ended' },
  ],
  examples: ['lamplighter queues gates mails', 'lamplighter queues gates mails --json'],
  async run({ api, terminal, given: { limit = '20', cursor }, named: { queue = '' } }) {
    const { body } = await api.request<GatePage>('GET', pathOf`/v1/queues/${queue}/gates`, { query: { limit, cursor } })
    return { exit: 'done', json: body, text: page => gatesText(page, queue, body, terminal.now()) }
  },
}

function gatesText(page: Page, queue: string, { gates, next }: GatePage, now: number): string {
  if (gates.length === 0) return paragraph(page, `No job waits at a limit of ${queue}.`)
  const rows = gates.map((one): readonly Cell[] => [
    one.gate,
    one.limit === undefined ? 'none' : allowedText(one.limit),
    String(one.held.length),
    waitingText(one),
    unbroken(whenText(one.since, now)),
  ])
  const shown = table(page, ['GATE', 'LIMIT', 'HELD', 'WAITING', 'SINCE'], rows)
  return next === undefined ? shown : `${shown}\n${paragraph(page, `There are more: --cursor ${next}`)}`
}

const waitingText = ({ waiting: { count, isExact } }: GateView): string =>
  `${countText(count)}${isExact ? '' : ' or more'}`

export const queuesGate: Command = {
  name: 'queues gate',
  summary: 'show a limit of a queue: who holds its places, who is first in line',
  details: 'Shows one gate: what limits it, the jobs that hold its places, and the first jobs in its line.',
  arguments: [...queueArgument, { name: 'gate', description: 'as `queues gates` and `jobs show` write it: sync/a42' }],
  options: [{ flags: '--limit <number>', description: 'jobs of its line, 1 to 100 (default: 20)' }],
  examples: ['lamplighter queues gate mails sync/a42', 'lamplighter queues gate mails /mails --json'],
  async run(call) {
    const { api, terminal, given, named } = call
    const { queue = '', gate = '' } = named
    const { limit } = given
    const { body } = await api.request<GateWithLine>('GET', pathOf`/v1/queues/${queue}/line`, {
      query: { gate, limit },
    })
    await rememberIds(call, [...body.held.map(({ job }) => job), ...body.line.map(({ id }) => id)])
    return { exit: 'done', json: body, text: page => gateText(page, body, terminal.now()) }
  },
}

function gateText(page: Page, gate: GateWithLine, now: number): string {
  const shown = facts(page, gate.gate, [
    ['limit', gate.limit === undefined ? 'none any more: who waits goes with the next tick' : allowedText(gate.limit)],
    ['next slot', gate.nextSlotAt === undefined ? undefined : whenText(gate.nextSlotAt, now)],
    ['waiting', `${waitingText(gate)}${gate.since === undefined ? '' : `, since ${whenText(gate.since, now)}`}`],
    ...gate.held.map(
      ({ job, until, isPromised }, index) =>
        [
          index === 0 ? 'held by' : '',
          `${job}${isPromised === true ? ', whose message is under way' : `, lease ends ${whenText(until, now)}`}`,
        ] as const,
    ),
  ])
  if (gate.line.length === 0) return shown
  const ids = shortIds(gate.line.map(({ id }) => id))
  const rows = gate.line.map(({ id, type, priority, scheduledAt, parked }): readonly Cell[] => [
    ids.get(id) ?? id,
    type,
    String(priority),
    unbroken(whenText(scheduledAt, now)),
    unbroken(whenText(parked, now)),
  ])
  return `${shown}\n\n${table(page, ['JOB', 'TYPE', 'PRIORITY', 'DUE', 'IN LINE SINCE'], rows)}`
}

/** `40 (code: 10), by alice …; the mapping still has 10`. */
export function concurrencyText({ concurrency }: QueueView): string | undefined {
  if (concurrency === undefined) return undefined
  const { value, code, mapping, by, at } = concurrency
  const set = value === code && by === undefined ? '' : ` (code: ${code})`
  const who = by === undefined ? '' : `, by ${by}${at === undefined ? '' : ` at ${at}`}`
  const behind = mapping === undefined || mapping === value ? '' : `; the mapping still has ${mapping}`
  return `${value}${set}${who}${behind}`
}

/** `1 at a time, 10 starts per 1s (code: nothing), by alice …`. */
export function limitText({ limit }: QueueView): string | undefined {
  if (limit === undefined) return undefined
  const { by, at, code } = limit
  if (by === undefined) return allowedText(limit)
  const when = at === undefined ? '' : ` at ${at}`
  return `${allowedText(limit)} (code: ${code === undefined ? 'nothing' : allowedText(code)}), by ${by}${when}`
}

function allowedText({ concurrency, rate }: Pick<NonNullable<QueueView['limit']>, 'concurrency' | 'rate'>): string {
  const burst = rate?.burst === undefined || rate.burst === 1 ? '' : `, ${rate.burst} at once`
  return [
    ...(concurrency === undefined ? [] : [`${concurrency} at a time`]),
    ...(rate === undefined ? [] : [`${counted(rate.count, 'start')} per ${rate.per}${burst}`]),
  ].join(', ')
}

function oldestText({ oldestWaiting }: QueueView): string | undefined {
  if (oldestWaiting === undefined) return undefined
  const { id, ms, isExact } = oldestWaiting
  return `${isExact ? '' : 'at least '}${spokenMs(ms)}: job ${id}`
}

function pauseText({ at, by, why, until }: NonNullable<QueueView['paused']>, now: number): string {
  const who = by === undefined ? '' : ` by ${by}`
  const reason = why === undefined ? '' : `: ${why}`
  const end = until === undefined ? '' : `; until ${until}, ${whenText(until, now)}`
  return `${whenText(at, now)}${who}${reason}${end}`
}

export function quantilesText(quantiles: Quantiles): string | undefined {
  const texts = (['p50', 'p95', 'p99'] as const).flatMap(name => {
    const value = quantiles[name]
    return value === undefined ? [] : [`${name} ${spokenMs(value)}`]
  })
  return texts.length === 0 ? undefined : texts.join(', ')
}
