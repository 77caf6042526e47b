/** The list of jobs. */
import type { VNode } from 'preact'
import { usePoll } from './api.ts'
import { relative, shown } from './format.ts'
import { type Column, State, Table, Trouble } from './parts.tsx'
import { go, jobHref, jobsHref, place } from './place.ts'
import { searchOf } from './search.ts'
import type { JobListed } from './types.ts'

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
