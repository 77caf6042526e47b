/** Overview and the list of queues. */
import type { VNode } from 'preact'
import { usePoll } from './api.ts'
import { currentRange, RangeLinks, Spark, Throughput } from './charts.tsx'
import { relative, shown, span, whole } from './format.ts'
import { type Column, Figures, Table, Trouble } from './parts.tsx'
import { jobHref, jobsHref } from './place.ts'
import { hourly, seriesOf, statsPath } from './stats.ts'
import type { OverviewShown, QueueShown, StatsShown } from './types.ts'

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
    cell: ({ name, paused, behind }) => (
      <>
        <a href={`/queues/${encodeURIComponent(name)}`}>{name}</a>
        {paused !== undefined && <span class="warn"> ⏸ paused</span>}
        {behind !== undefined && <span class="warn"> ▤ behind</span>}
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
  const { body: overview, error } = usePoll<OverviewShown>('/v1/overview')
  const body = overview?.health
  return (
    <>
      <h1>Overview</h1>
      <Trouble text={error} />
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
      {overview !== undefined && <Soon {...overview} />}
      <h2>Queues</h2>
      <QueueList />
    </>
  )
}

/** What fails most, and what starts next. */
const Soon = ({ topErrors, next }: OverviewShown): VNode => (
  <div class="beside">
    <section class="card" aria-label="Top errors">
      <h2>Top errors</h2>
      {topErrors.length === 0 && <p class="soft">No run failed in the last 24 hours.</p>}
      <ol class="plain">
        {topErrors.map(({ queue, type, why, name, message, lastDay, jobsFailed }) => (
          <li key={`${queue}/${type}/${why}`}>
            <a href={jobsFailed > 0 ? jobsHref(`queue:${queue} type:${type} phase:failed why:${why}`) : '/errors'}>
              {shown(`${name}: ${message}`, 80)}
            </a>{' '}
            <span class="soft">{type}</span> ×{whole(lastDay)}
          </li>
        ))}
      </ol>
    </section>
    <section class="card" aria-label="Next">
      <h2>Next</h2>
      {next.length === 0 && <p class="soft">Nothing waits for its time.</p>}
      <ol class="plain">
        {next.map(({ at, type, schedule, id }) => (
          <li key={`${schedule ?? id}/${at}`}>
            {id === undefined ? (
              <a href={`/schedules?name=${encodeURIComponent(schedule ?? '')}`}>{schedule}</a>
            ) : (
              <a href={jobHref(id)}>
                {type} …{id.slice(-8)}
              </a>
            )}{' '}
            <span class="soft">
              <time dateTime={at}>{relative(at, Date.now())}</time>
            </span>
          </li>
        ))}
      </ol>
    </section>
  </div>
)

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
