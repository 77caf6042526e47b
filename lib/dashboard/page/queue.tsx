/** One queue: what goes through it, what waits in it, and the acts on it. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ask, usePoll } from './api.ts'
import { currentRange, Depth, Latency, RangeLinks, Throughput } from './charts.tsx'
import { elapsed, relative, shown, span, whole } from './format.ts'
import { Gates } from './gates.tsx'
import { limitText } from './limit.ts'
import { LimitActs } from './limit-form.tsx'
import { Act, type Column, Figures, Table, Trouble } from './parts.tsx'
import { jobsHref, refresh, version } from './place.ts'
import { waiting } from './queues.tsx'
import { seriesOf, statsPath } from './stats.ts'
import type { QueueShown, StatsShown } from './types.ts'

export function Queue({ name, canAct }: { readonly name: string; readonly canAct: boolean }): VNode {
  const path = `/v1/queues/${encodeURIComponent(name)}`
  const { body, error, etag } = usePoll<QueueShown>(path, version.value)
  return (
    <>
      <h1>{name}</h1>
      <Trouble text={error} />
      {body?.paused !== undefined && <Paused {...body.paused} />}
      {canAct && body !== undefined && <QueueActs queue={body} path={path} etag={etag} />}
      {body !== undefined && (
        <section class="card" aria-label="Facts">
          <Figures isSmall of={factsOf(body)} />
        </section>
      )}
      {body !== undefined && <Gates path={path} />}
      <Charts name={name} />
      {body !== undefined && <Types queue={body} />}
    </>
  )
}

function Paused({ at, by, why, until }: NonNullable<QueueShown['paused']>): VNode {
  return (
    <p class="card warn">
      ⏸ Paused {relative(at, Date.now())} by {by ?? 'somebody'}
      {why !== undefined && `: “${shown(why, 256)}”`}
      {until !== undefined && `; it goes on ${relative(until, Date.now())}`}
    </p>
  )
}

/** As SQS, Lambda and the recorder say. What is not known is left out. */
function factsOf(queue: QueueShown): Readonly<Record<string, string>> {
  const { jobs, messages, mapping, concurrency, limit, behind, oldestWaiting, rates } = queue
  const state = (name: string): string => whole(jobs.states[name])
  return {
    waiting: whole(waiting(queue)),
    running: state('IN_PROGRESS'),
    retry: state('RETRY'),
    scheduled: state('SCHEDULED'),
    failed: state('FAILED'),
    'enqueued a minute': whole(Math.round(rates.enqueued)),
    'completed a minute': whole(Math.round(rates.completed)),
    'oldest waiting': span(oldestWaiting?.ms),
    ...(concurrency === undefined ? {} : { 'batches at once': concurrencyText(concurrency) }),
    ...(limit === undefined ? {} : { 'limit of the queue': limitText(limit, Date.now()) }),
    ...(behind === undefined ? {} : { 'behind, jobs wait in the table': `for ${elapsed(behind.since, Date.now())}` }),
    ...(messages === undefined
      ? {}
      : {
          'SQS messages, about': `${whole(messages.visible)} visible, ${whole(messages.inFlight)} in flight, ${whole(messages.delayed)} delayed`,
        }),
    ...(mapping === undefined ? {} : { 'event source mapping': mapping }),
    ...(jobs.asOf === undefined ? {} : { counted: relative(jobs.asOf, Date.now()) }),
  }
}

function concurrencyText({ value, code, mapping, by }: NonNullable<QueueShown['concurrency']>): string {
  const set = by === undefined ? '' : `, set by ${by}; the code says ${code}`
  return `${value}${set}${mapping === undefined || mapping === value ? '' : `; the mapping has ${mapping}`}`
}

function Charts({ name }: { readonly name: string }): VNode {
  const range = currentRange()
  const { body, error } = usePoll<StatsShown>(statsPath(range, Date.now(), name), version.value)
  const series = body === undefined ? undefined : seriesOf(body)
  return (
    <>
      <RangeLinks />
      <Trouble text={error} />
      {series !== undefined && (
        <div class="charts">
          <Throughput series={series} range={range} />
          <Depth series={series} range={range} />
          <Latency series={series} range={range} of="wait" />
          <Latency series={series} range={range} of="run" />
        </div>
      )}
    </>
  )
}

interface TypeRow {
  readonly type: string
  readonly states: Readonly<Record<string, number>>
}

const count = (head: string, ...states: readonly string[]): Column<TypeRow> => ({
  head,
  isNumber: true,
  cell: row => whole(states.reduce((sum, state) => sum + (row.states[state] ?? 0), 0)),
})

function Types({ queue: { name, jobs } }: { readonly queue: QueueShown }): VNode {
  const rows = Object.entries(jobs.types)
    .map(([type, states]): TypeRow => ({ type, states }))
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
  return (
    <>
      <h2>By type</h2>
      <Table
        caption="Jobs of each type, counted a few seconds ago"
        columns={[
          { head: 'Type', cell: ({ type }) => <a href={jobsHref(`queue:${name} type:${type}`)}>{type}</a> },
          count('Waiting', 'AVAILABLE', 'RESERVED'),
          count('Running', 'IN_PROGRESS'),
          count('Retry', 'RETRY'),
          count('Scheduled', 'SCHEDULED'),
          count('Failed', 'FAILED'),
          count('Completed', 'COMPLETED'),
        ]}
        rows={rows}
        keyOf={({ type }) => type}
        empty="No job has been here yet."
      />
    </>
  )
}

interface ActsProps {
  readonly queue: QueueShown
  readonly path: string
  readonly etag: string | undefined
}

function QueueActs({ queue, path, etag }: ActsProps): VNode {
  const { name, paused, concurrency } = queue
  return (
    <div class="acts">
      {paused === undefined ? (
        <Pause name={name} path={path} />
      ) : (
        <Act
          name="Resume"
          what={`${whole(waiting(queue))} waiting jobs of ${name} start.`}
          act={() => ask('PATCH', path, { paused: false })}
          done={refresh}
        />
      )}
      {concurrency !== undefined && <Concurrency queue={name} path={path} {...concurrency} />}
      <LimitActs key={etag} queue={queue} path={path} etag={etag} />
    </div>
  )
}

function Pause({ name, path }: { readonly name: string; readonly path: string }): VNode {
  const [why, setWhy] = useState('')
  const [until, setUntil] = useState('')
  const asked = { ...(why === '' ? {} : { why }), ...(until === '' ? {} : { for: until.replace(/\s/g, '') }) }
  return (
    <Act
      name="Pause"
      what={`No job of ${name} starts until somebody resumes it, or the time is over. Jobs that run now end as they would.`}
      act={() => ask('PATCH', path, { paused: asked })}
      done={refresh}
    >
      <label for="why">Why, for those who look at it later</label>
      <input id="why" maxLength={256} value={why} onInput={event => setWhy(event.currentTarget.value)} />
      <label for="for">For how long, as 30m or 2h; empty: until it is resumed</label>
      <input id="for" value={until} onInput={event => setUntil(event.currentTarget.value)} />
    </Act>
  )
}

interface ConcurrencyProps {
  readonly queue: string
  readonly path: string
  readonly value: number
  readonly code: number
}

function Concurrency({ queue, path, value, code }: ConcurrencyProps): VNode {
  const [text, setText] = useState(String(value))
  return (
    <Act
      name="Concurrency"
      what={`So many batches of ${queue} run at the same time. Lambda takes a minute or two to follow; the next deployment leaves it.`}
      act={() => ask('PATCH', path, { concurrency: text.trim() === '' ? null : Number(text) })}
      done={refresh}
    >
      <label for="batches">Batches, 2 to 1,000; empty: the {code} of the code</label>
      <input
        id="batches"
        type="number"
        min={2}
        max={1_000}
        value={text}
        onInput={event => setText(event.currentTarget.value)}
      />
    </Act>
  )
}
