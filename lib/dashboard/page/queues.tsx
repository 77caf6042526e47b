/** Overview and the list of queues. */
import type { VNode } from 'preact'
import { usePoll } from './api.ts'
import { currentRange, RangeLinks, Spark, Throughput } from './charts.tsx'
import { relative, span, whole } from './format.ts'
import { type Column, Figures, Table, Trouble } from './parts.tsx'
import { jobsHref } from './place.ts'
import { hourly, seriesOf, statsPath } from './stats.ts'
import type { HealthShown, QueueShown, StatsShown } from './types.ts'

export const waiting = ({ jobs: { states } }: QueueShown): number =>
  (states['AVAILABLE'] ?? 0) + (states['RESERVED'] ?? 0)
const count = (head: string, state: string): Column<QueueShown> => ({
  head,
  isNumber: true,
  cell: ({ name, jobs }) => <a href={jobsHref(`queue:${name} state:${state}`)}>{whole(jobs.states[state])}</a>,
})

type Depths = ReadonlyMap<string, readonly number[]>

const columns = (depths: Depths): readonly Column<QueueShown>[] => [
  {
    head: 'Queue',
    cell: ({ name, paused }) => (
      <>
        <a href={`/queues/${encodeURIComponent(name)}`}>{name}</a>
        {paused !== undefined && <span class="warn"> ⏸ paused</span>}
      </>
    ),
  },
  { head: 'Waiting', isNumber: true, cell: queue => whole(waiting(queue)) },
  count('Running', 'IN_PROGRESS'),
  count('Retry', 'RETRY'),
  count('Scheduled', 'SCHEDULED'),
  count('Failed', 'FAILED'),
  { head: 'Done/min', isNumber: true, cell: ({ rates }) => whole(Math.round(rates.completed)) },
  { head: 'Run p95', isNumber: true, cell: ({ run }) => span(run.p95) },
  { head: 'Wait p95', isNumber: true, cell: ({ wait }) => span(wait.p95) },
  { head: 'Oldest', isNumber: true, cell: ({ oldestWaiting }) => span(oldestWaiting?.ms) },
  { head: '24 h', isNumber: true, cell: ({ name }) => <Spark values={depths.get(name)} /> },
]

export function Overview(): VNode {
  const health = usePoll<HealthShown>('/v1/health')
  const { body } = health
  return (
    <>
      <h1>Overview</h1>
      <Trouble text={health.error} />
      <section class="card" aria-label="Health" aria-live="polite">
        {body !== undefined && (
          <>
            <p class={body.verdict === 'ok' ? 'good' : body.verdict === 'alarm' ? 'bad' : 'warn'}>
              {body.verdict === 'ok' ? '● All well' : `▲ ${body.verdict}`}
            </p>
            {body.reasons.map(({ code, text, todo }) => (
              <p key={code}>
                {text} <span class="soft">{todo}</span>
              </p>
            ))}
            <Figures
              of={{
                'completed in an hour': whole(body.lastHour.completed),
                failed: whole(body.lastHour.failed),
                crashed: whole(body.lastHour.crashed),
                'oldest due job': span(body.oldestDueMs),
                'last tick': relative(body.lastTick?.endedAt, Date.now()),
              }}
            />
          </>
        )}
      </section>
      <Activity />
      <h2>Queues</h2>
      <QueueList />
    </>
  )
}

/** What ended, minute by minute. */
function Activity(): VNode {
  const range = currentRange()
  const { body, error } = usePoll<StatsShown>(statsPath(range, Date.now()))
  return (
    <>
      <RangeLinks />
      <Trouble text={error} />
      {body !== undefined && <Throughput series={seriesOf(body)} range={range} />}
    </>
  )
}

export const Queues = (): VNode => (
  <>
    <h1>Queues</h1>
    <QueueList />
  </>
)

function QueueList(): VNode {
  const { body, error } = usePoll<{ readonly queues: readonly QueueShown[] }>('/v1/queues')
  const past = usePoll<StatsShown>('/v1/stats?step=hour&by=queue')
  const depths = (past.body?.queues ?? []).map(({ name, spans }) => [name, hourly(spans, Date.now())] as const)
  return (
    <>
      <Trouble text={error ?? past.error} />
      <Table
        caption="Queues, counted a few seconds ago"
        columns={columns(new Map(depths))}
        rows={body?.queues}
        keyOf={({ name }) => name}
        empty="The deployed code has no queue."
      />
    </>
  )
}
