/** The list of jobs, and one job. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ask, usePoll } from './api.ts'
import { relative, shown, span } from './format.ts'
import { Act, type Column, Figures, State, Table, Trouble } from './parts.tsx'
import { go, jobHref, jobsHref, place, refresh, version } from './place.ts'
import { searchOf } from './search.ts'
import type { JobListed, JobShown, RunShown } from './types.ts'

const columns: readonly Column<JobListed>[] = [
  { head: 'Job', cell: ({ id }) => <a href={jobHref(id)}>…{id.slice(-8)}</a> },
  { head: 'Type', cell: ({ type }) => type },
  { head: 'Queue', cell: ({ queue }) => queue },
  { head: 'State', cell: ({ state }) => <State name={state} /> },
  { head: 'Tries', isNumber: true, cell: ({ attempt, maxAttempts }) => `${attempt}/${maxAttempts}` },
  {
    head: 'When',
    isNumber: true,
    cell: ({ finishedAt, startedAt, scheduledAt }) => relative(finishedAt ?? startedAt ?? scheduledAt, Date.now()),
  },
  { head: 'Why', cell: ({ error }) => (error === undefined ? '' : shown(`${error.name}: ${error.message}`, 160)) },
]

const tabs = ['live', 'failed', 'completed', 'cancelled']

export function Jobs(): VNode {
  const text = place.value.searchParams.get('q') ?? ''
  const cursor = place.value.searchParams.get('cursor')
  const search = searchOf(text)
  const query = new URLSearchParams(search.kind === 'query' ? search.query : {})
  if (cursor !== null) query.set('cursor', cursor)
  const path = search.kind === 'wrong' ? undefined : `/v1/jobs?${query.toString()}`
  const { body, error } = usePoll<{
    readonly jobs: readonly JobListed[]
    readonly looked: number
    readonly next?: string
  }>(path)
  return (
    <>
      <h1>Jobs</h1>
      <SearchForm text={text} phase={query.get('phase')} />
      <Trouble text={search.kind === 'wrong' ? search.message : error} />
      {search.kind === 'query' && (
        <Table
          caption={body === undefined ? '' : `${body.jobs.length} shown, looked at ${body.looked}`}
          columns={columns}
          rows={body?.jobs}
          keyOf={({ id }) => id}
          empty="No job matches."
        />
      )}
      {body?.next !== undefined && (
        <p>
          <a href={`${jobsHref(text)}&cursor=${encodeURIComponent(body.next)}`}>Next page ▸</a>
        </p>
      )}
    </>
  )
}

function SearchForm({ text, phase: current }: { readonly text: string; readonly phase: string | null }): VNode {
  return (
    <>
      <form
        onSubmit={event => {
          event.preventDefault()
          go(jobsHref(new FormData(event.currentTarget).get('q') as string))
        }}
      >
        <label for="search" class="soft">
          Search: type: queue: state: phase: tag: why: id:
        </label>
        <input id="search" key={text} type="search" name="q" value={text} autocomplete="off" />
      </form>
      <nav class="acts" aria-label="Phase">
        {tabs.map(phase => (
          <a key={phase} href={jobsHref(`phase:${phase}`)} aria-current={current === phase ? 'page' : undefined}>
            {phase}
          </a>
        ))}
      </nav>
    </>
  )
}

const runColumns: readonly Column<RunShown>[] = [
  { head: '#', isNumber: true, cell: ({ generation, attempt }) => `${generation}.${attempt}` },
  { head: 'Start', cell: ({ startedAt }) => startedAt ?? '–' },
  { head: 'Run', isNumber: true, cell: ({ runMs }) => span(runMs) },
  { head: 'Outcome', cell: ({ outcome }) => outcome },
  { head: 'Error', cell: ({ error }) => (error === undefined ? '' : shown(`${error.name}: ${error.message}`, 300)) },
]

interface Reason {
  readonly code: string
  readonly text: string
  readonly todo?: string
}

export function Job({ id, canAct }: { readonly id: string; readonly canAct: boolean }): VNode {
  const path = `/v1/jobs/${encodeURIComponent(id)}`
  const { body: job, error } = usePoll<JobShown>(path, version.value)
  const runs = usePoll<{ readonly runs: readonly RunShown[] }>(
    job === undefined ? undefined : `${path}/runs`,
    version.value,
  )
  const why = usePoll<{ readonly reasons: readonly Reason[] }>(
    job === undefined || job.finishedAt !== undefined ? undefined : `${path}/explain`,
    version.value,
  )
  if (job === undefined) return error === undefined ? <p class="soft">Loading…</p> : <Trouble text={error} />
  return (
    <>
      <h1>
        {job.type} <span class="soft">…{id.slice(-8)}</span> <State name={job.state} />
      </h1>
      <Trouble text={error} />
      {canAct && <JobActs job={job} path={path} />}
      <section class="card" aria-label="Facts">
        <Figures isSmall of={factsOf(job)} />
        {job.error !== undefined && <p class="bad">{shown(`${job.error.name}: ${job.error.message}`)}</p>}
        {(why.body?.reasons ?? []).map(({ code, text, todo }) => (
          <p key={code}>
            {text} <span class="soft">{todo}</span>
          </p>
        ))}
      </section>
      <Fold name="Input" value={job.input} />
      <Fold name="Result" value={job.result} />
      <Fold name="Stack" value={job.error?.stack} />
      <h2>Attempts</h2>
      <Table
        caption="Ended runs, the newest first"
        columns={runColumns}
        rows={runs.body?.runs}
        keyOf={({ generation, attempt }) => `${generation}.${attempt}`}
        empty="No run has been kept yet."
      />
    </>
  )
}

const factsOf = (job: JobShown): Readonly<Record<string, string>> => ({
  id: job.id,
  queue: job.queue,
  attempt: `${job.attempt} of ${job.maxAttempts}`,
  generation: String(job.generation),
  enqueued: relative(job.insertedAt, Date.now()),
  started: relative(job.startedAt, Date.now()),
  ended: relative(job.finishedAt, Date.now()),
  tags: job.tags.join(', ') || '–',
  ...(job.tenant === undefined ? {} : { tenant: job.tenant }),
  schedule: job.schedule ?? '–',
})

const Fold = ({ name, value }: { readonly name: string; readonly value: unknown }): VNode | null =>
  value === undefined ? null : (
    <details class="card">
      <summary>{name}</summary>
      <pre>{shown(value)}</pre>
    </details>
  )

function JobActs({ job, path }: { readonly job: JobShown; readonly path: string }): VNode {
  const [text, setText] = useState(JSON.stringify(job.input, undefined, 2))
  const act = (name: string, body?: unknown) => (): Promise<unknown> => ask('POST', `${path}/${name}`, body)
  if (job.finishedAt === undefined) {
    return (
      <div class="acts">
        {job.state !== 'IN_PROGRESS' && (
          <Act name="Run now" what="The job starts now." act={act('run')} done={refresh} />
        )}
        <Act
          name="Cancel"
          what="A waiting job ends at once. A running one is asked to stop."
          act={act('cancel')}
          done={refresh}
        />
      </div>
    )
  }
  const again = 'The job runs again with all its attempts, and keeps its id.'
  return (
    <div class="acts">
      <Act name="Retry" what={again} act={act('retry')} done={refresh} />
      <Act
        name="Retry with changed input"
        what={again}
        act={async () => act('retry', { input: JSON.parse(text) as unknown })()}
        done={refresh}
      >
        <label for="input">Input, as JSON</label>
        <textarea id="input" value={text} onInput={event => setText(event.currentTarget.value)} />
      </Act>
      <Act
        name="Delete"
        what="The job is gone, with its input and result."
        act={() => ask('DELETE', path)}
        done={() => go('/jobs')}
      />
    </div>
  )
}
