/** Schedules: when they fire, the week of one of them, and what people do with them. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ask, usePoll } from './api.ts'
import { relative, shown, whole } from './format.ts'
import { Act, type Column, Table, Trouble } from './parts.tsx'
import { jobHref, place, refresh, version } from './place.ts'
import type { BulkShown, OccurrenceShown, PreviewShown, ScheduleShown } from './types.ts'
import { type Day, type Dot, dayAfter, daysOf, weekOf } from './week.ts'

const weekHref = (name: string): string => `/schedules?name=${encodeURIComponent(name)}`

const columns = (canAct: boolean): readonly Column<ScheduleShown>[] => [
  {
    head: 'Name',
    cell: ({ name, status, pausedBy, lastError }) => (
      <>
        <a href={weekHref(name)}>{name}</a>
        {status !== 'ACTIVE' && (
          <span class="warn">
            {' '}
            {status === 'PAUSED' && <span aria-hidden="true">⏸ </span>}
            {status}
            {pausedBy !== undefined && ` by ${pausedBy}`}
          </span>
        )}
        {lastError !== undefined && <div class="bad">{shown(lastError, 200)}</div>}
      </>
    ),
  },
  { head: 'When', cell: ({ description }) => description },
  {
    head: 'Next',
    cell: ({ next }) =>
      next.map(({ at, local, note }) => (
        <div key={at} class="line">
          {local.replace('T', ' ')} <span class="soft">{relative(at, Date.now())}</span>
          {note !== undefined && <div class="warn">⚠ {note}</div>}
        </div>
      )),
  },
  {
    head: 'Last',
    isNumber: true,
    cell: ({ lastAt, lastJob }) =>
      lastJob === undefined ? (
        relative(lastAt, Date.now())
      ) : (
        <a href={jobHref(lastJob)}>{relative(lastAt, Date.now())}</a>
      ),
  },
  { head: 'By', cell: ({ owner }) => owner },
  ...(canAct ? [{ head: 'Act', cell: (schedule: ScheduleShown) => <ScheduleActs schedule={schedule} /> }] : []),
]

export function Schedules({ canAct }: { readonly canAct: boolean }): VNode {
  const { body, error } = usePoll<{ readonly schedules: readonly ScheduleShown[] }>('/v1/schedules', version.value)
  const name = place.value.searchParams.get('name')
  const one = body?.schedules.find(schedule => schedule.name === name)
  return (
    <>
      <h1>Schedules</h1>
      <Trouble text={error} />
      <Table
        caption="Schedules that fire or are paused, with their next occurrences"
        columns={columns(canAct)}
        rows={body?.schedules}
        keyOf={schedule => schedule.name}
        empty="There is no schedule."
      />
      {body !== undefined && name !== null && one === undefined && (
        <Trouble text={`There is no schedule ${shown(name, 200)}`} />
      )}
      {one !== undefined && <Week key={one.name} schedule={one} />}
    </>
  )
}

function ScheduleActs({ schedule: { name, status } }: { readonly schedule: ScheduleShown }): VNode {
  const path = `/v1/schedules/${encodeURIComponent(name)}`
  const isPaused = status === 'PAUSED'
  return (
    <div class="acts">
      <Act
        name="Run now"
        what={`A job of ${name} is enqueued.`}
        act={() => ask('POST', `${path}/run`)}
        done={refresh}
      />
      <Act
        name={isPaused ? 'Resume' : 'Pause'}
        what={isPaused ? `${name} fires again.` : `${name} does not fire; what falls into the pause is not missed.`}
        act={() => ask('PATCH', path, { paused: !isPaused })}
        done={refresh}
      />
      <Backfill name={name} path={path} />
    </div>
  )
}

/** What a backfill was last counted for. */
interface Counted {
  readonly of: string
  readonly text: string
}

/** First how many there are, then the same again in earnest. */
function Backfill({ name, path }: { readonly name: string; readonly path: string }): VNode {
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [again, setAgain] = useState(false)
  const [counted, setCounted] = useState<Counted>()
  const request = { from: instantIn(from), to: instantIn(to), again }
  const of = JSON.stringify(request)
  const isCounted = counted?.of === of
  const act = async (): Promise<unknown> => {
    if (isCounted) return ask('POST', `${path}/backfill`, request)
    const { counts } = await ended(await ask<BulkShown>('POST', `${path}/backfill`, { ...request, dryRun: true }))
    const missing = again ? counts.matched : counts.matched - counts.already
    const text = `${whole(counts.matched)} occurrences, of which ${whole(counts.already)} have their job: ${whole(missing)} jobs would be enqueued, at 50 a second.`
    setCounted({ of, text })
    return 'open'
  }
  return (
    <Act
      name="Backfill"
      go={isCounted ? 'Enqueue them' : 'Count first'}
      what={`Jobs for the occurrences of ${name} in a stretch of the past, those that have one left alone.`}
      act={act}
      done={refresh}
    >
      <label for="from">From, included; the time of this browser</label>
      <input
        id="from"
        type="datetime-local"
        step={1}
        value={from}
        onInput={event => setFrom(event.currentTarget.value)}
      />
      <label for="to">To, included</label>
      <input id="to" type="datetime-local" step={1} value={to} onInput={event => setTo(event.currentTarget.value)} />
      <label>
        <input type="checkbox" checked={again} onChange={event => setAgain(event.currentTarget.checked)} /> a second job
        for those that have one
      </label>
      <p aria-live="polite">{isCounted && counted.text}</p>
    </Act>
  )
}

/** As the API takes one; what is no time stays as it is, and is refused. */
function instantIn(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? text : at.toISOString()
}

const [askAgainMs, mostAsked] = [2_500, 24]

/** A count of the past takes seconds. */
async function ended(bulk: BulkShown): Promise<BulkShown> {
  let now = bulk
  for (let asked = 0; now.endedAt === undefined; asked += 1) {
    if (asked === mostAsked)
      throw new Error('It is not counted after a minute: does the worker of the queue lamplighter run?')
    await new Promise(resolve => window.setTimeout(resolve, askAgainMs))
    now = await ask<BulkShown>('GET', `/v1/bulk/${encodeURIComponent(bulk.id)}`)
  }
  return now
}

function Week({ schedule: { name, timezone } }: { readonly schedule: ScheduleShown }): VNode {
  const path = `/v1/schedules/${encodeURIComponent(name)}`
  const past = usePoll<{ readonly occurrences: readonly OccurrenceShown[] }>(
    `${path}/occurrences?limit=100`,
    version.value,
  )
  const next = usePoll<PreviewShown>(`${path}/preview?n=100`, version.value)
  const now = Date.now()
  const monday = weekOf(place.value.searchParams.get('week'), now, timezone)
  const known = { past: past.body?.occurrences ?? [], next: next.body?.next ?? [] }
  const href = (days: number): string => `${weekHref(name)}&week=${dayAfter(monday, days)}`
  return (
    <section aria-label={`Week of ${name}`}>
      <h2>
        {name}, week of {monday} <span class="soft">{timezone}</span>
      </h2>
      <Trouble text={past.error ?? next.error} />
      <nav class="acts" aria-label="Week">
        <a href={href(-7)}>◂ week before</a>
        <a href={weekHref(name)}>this week</a>
        <a href={href(7)}>week after ▸</a>
      </nav>
      <ol class="week">
        {daysOf(known, { monday, zone: timezone, now }).map(day => (
          <DayShown key={day.date} day={day} />
        ))}
      </ol>
      <p class="soft">
        ✓ completed · ✕ failed · ⊘ cancelled · ▶ not ended · ◌ no job: skipped, missed, or deleted since · ○ to come.
        The latest 100 and the next 100 occurrences are known here.
      </p>
    </section>
  )
}

const DayShown = ({ day: { name, isToday, change, dots } }: { readonly day: Day }): VNode => (
  <li class="card" aria-current={isToday ? 'date' : undefined}>
    <strong>{name}</strong>
    {change !== undefined && <div class="warn">⚠ {change}</div>}
    <ul>
      {dots.map(dot => (
        <li key={`${dot.time}${dot.mark}${dot.note ?? ''}`}>
          <DotShown {...dot} />
          {dot.note !== undefined && <div class="warn">⚠ {dot.note}</div>}
        </li>
      ))}
    </ul>
  </li>
)

function DotShown({ time, tone, mark, text, job, count }: Dot): VNode {
  const said = (
    <>
      {time}{' '}
      <span class={tone} role="img" aria-label={text}>
        {mark}
      </span>
      {count > 1 && ` ×${count}`}
    </>
  )
  return job === undefined ? said : <a href={jobHref(job)}>{said}</a>
}
