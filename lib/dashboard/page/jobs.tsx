/** The list of jobs: search, counts, and what is done with those that are chosen. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, messageOf, usePoll } from './api.ts'
import { BulkAct, type BulkAction } from './bulk.tsx'
import { charged, elapsed, relative, shown, whole } from './format.ts'
import { ended, known, SearchForm, Tabs } from './job-search.tsx'
import { type Column, State, Trouble } from './parts.tsx'
import { gateHref, jobHref, place, version } from './place.ts'
import { boundsOf, type Search, searchOf } from './search.ts'
import { SelectionAct } from './selection.tsx'
import type { JobListed } from './types.ts'
import { Windowed } from './windowed.tsx'

const columns: readonly Column<JobListed>[] = [
  { head: 'Job', cell: ({ id }) => <a href={jobHref(id)}>…{id.slice(-8)}</a> },
  { head: 'Type', cell: ({ type }) => type },
  { head: 'Queue', cell: ({ queue }) => queue },
  { head: 'State', cell: ({ state }) => <State name={state} /> },
  { head: 'Tries', isNumber: true, cell: job => `${charged(job)}/${job.maxAttempts}` },
  {
    head: 'When',
    isNumber: true,
    cell: ({ finishedAt, startedAt, scheduledAt }) => relative(finishedAt ?? startedAt ?? scheduledAt, Date.now()),
  },
  { head: 'Why', cell: job => <Reason {...job} /> },
]

/** What it failed with, or where it is in line. */
function Reason({ error, parked, gate, queue }: JobListed): VNode | null {
  if (error !== undefined) return <>{shown(`${error.name}: ${error.message}`, 160)}</>
  if (parked === undefined) return null
  return (
    <>
      in line {gate === undefined ? `before ${queue}` : <a href={gateHref(queue, gate)}>at {shown(gate, 80)}</a>} for{' '}
      {elapsed(parked, Date.now())}
    </>
  )
}

interface JobPage {
  readonly jobs: readonly JobListed[]
  readonly looked: number
  readonly next?: string
}

const pageSize = 100
/** Rows that one list shows; who needs more narrows the search. */
const maxRows = 10_000

interface Asked {
  readonly search: Search
  /** As the API takes it. Undefined where the address is not understood. */
  readonly query: URLSearchParams | undefined
  readonly trouble: string | undefined
}

function askedBy(params: URLSearchParams, now: number): Asked {
  const search = searchOf(params.get('q') ?? '', known)
  const bounds = boundsOf(params, now)
  if (search.kind === 'wrong') return { search, query: undefined, trouble: search.message }
  if (bounds.kind === 'wrong') return { search, query: undefined, trouble: bounds.message }
  const query = new URLSearchParams(search.query)
  if (query.has('id')) return { search, query, trouble: undefined }
  const { from, to } = bounds
  for (const [name, value] of Object.entries({ from, to, order: params.get('order') || undefined })) {
    if (value !== undefined && !query.has(name)) query.set(name, value)
  }
  query.set('limit', String(pageSize))
  return { search, query, trouble: undefined }
}

export function Jobs({ canAct }: { readonly canAct: boolean }): VNode {
  const { searchParams } = place.value
  const text = searchParams.get('q') ?? ''
  const { search } = askedBy(searchParams, 0)
  const query = search.kind === 'query' ? search.query : {}
  return (
    <>
      <h1>Jobs</h1>
      <SearchForm key={searchParams.toString()} text={text} params={searchParams} />
      <Tabs text={text} query={query} />
      <JobTable key={searchParams.toString()} params={searchParams} text={text} canAct={canAct} />
    </>
  )
}

/** What the first page tells again and again, and later pages as the reader came to them. */
function usePages({ query }: Asked) {
  const first = usePoll<JobPage>(query === undefined ? undefined : `/v1/jobs?${query}`, version.value)
  const [later, setLater] = useState<readonly JobPage[]>([])
  const [state, setState] = useState<{ readonly isBusy: boolean; readonly trouble?: string }>({ isBusy: false })
  const pages = first.body === undefined ? [] : [first.body, ...later]
  const next = pages.at(-1)?.next
  const rows = [
    ...new Map(
      pages
        .flatMap(({ jobs }) => jobs)
        .toReversed()
        .map(job => [job.id, job]),
    ).values(),
  ].toReversed()
  const more = async (): Promise<void> => {
    if (next === undefined || state.isBusy || query === undefined || rows.length >= maxRows) return
    setState({ isBusy: true })
    try {
      const page = await ask<JobPage>('GET', `/v1/jobs?${query}&cursor=${encodeURIComponent(next)}`)
      setLater(before => [...before, page])
      setState({ isBusy: false })
    } catch (error) {
      setState({ isBusy: false, trouble: messageOf(error) })
    }
  }
  const looked = pages.reduce((sum, page) => sum + page.looked, 0)
  return { isLoaded: first.body !== undefined, rows, looked, next, more, trouble: first.error ?? state.trouble }
}

interface TableProps {
  readonly params: URLSearchParams
  readonly text: string
  readonly canAct: boolean
}

function JobTable({ params, text, canAct }: TableProps): VNode {
  // Bounds that move would make another list each time.
  const [asked] = useState(() => askedBy(params, Date.now()))
  const { isLoaded, rows, looked, next, more, trouble } = usePages(asked)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => {
    for (const { id } of rows) known.add(id)
  }, [rows])
  const choose = (ids: readonly string[], isChosen: boolean): void =>
    setChosen(before => {
      const after = new Set(before)
      for (const id of ids) {
        if (isChosen) after.add(id)
        else after.delete(id)
      }
      return after
    })
  const box: Column<JobListed> = {
    head: '✓',
    cell: ({ id }) => (
      <input
        type="checkbox"
        aria-label={`Select …${id.slice(-8)}`}
        checked={chosen.has(id)}
        onChange={event => choose([id], event.currentTarget.checked)}
      />
    ),
  }
  const caption = `${whole(rows.length)} shown, looked at ${whole(looked)}${next === undefined ? '' : '; there are more'}`
  if (asked.query === undefined) return <Trouble text={asked.trouble} />
  return (
    <>
      <Trouble text={trouble} />
      {canAct && rows.length > 0 && <Bar {...{ asked, text, rows, chosen, choose }} />}
      {isLoaded && rows.length === 0 && next === undefined ? (
        <p class="card empty">No job matches; looked at {whole(looked)}.</p>
      ) : (
        <Windowed
          caption={isLoaded ? caption : 'Loading…'}
          columns={canAct ? [box, ...columns] : columns}
          rows={rows}
          keyOf={({ id }) => id}
          isSelected={({ id }) => chosen.has(id)}
          more={() => void more()}
        />
      )}
      {next !== undefined && <More count={rows.length} more={() => void more()} />}
    </>
  )
}

/** A link, and no button: those who may only look have no buttons on a page. */
const More = ({ count, more }: { readonly count: number; readonly more: () => void }): VNode => (
  <p>
    {count >= maxRows ? (
      `A list shows ${whole(maxRows)} jobs at most; narrow the search.`
    ) : (
      <a
        href="#more"
        onClick={event => {
          event.preventDefault()
          event.stopPropagation()
          more()
        }}
      >
        Show more ▾
      </a>
    )}
  </p>
)

interface BarProps {
  readonly asked: Asked
  readonly text: string
  readonly rows: readonly JobListed[]
  readonly chosen: ReadonlySet<string>
  readonly choose: (ids: readonly string[], isChosen: boolean) => void
}

function Bar({ asked, text, rows, chosen, choose }: BarProps): VNode {
  const jobs = rows.filter(({ id }) => chosen.has(id))
  const { query = new URLSearchParams() } = asked
  const isEnded = ended.has(query.get('phase') ?? query.get('state') ?? 'live')
  const actions: readonly BulkAction[] = isEnded ? ['retry', 'delete'] : ['run', 'cancel', 'delete']
  const { order: _, limit: __, parked, ...texts } = Object.fromEntries(query)
  const filter: Record<string, string | true> = { ...texts, ...(parked === undefined ? {} : { parked: true }) }
  if (filter['phase'] === undefined && filter['state'] === undefined) filter['phase'] = 'live'
  return (
    <div class={jobs.length > 0 ? 'acts bar chosen' : 'acts bar'} role="group" aria-label="Acts">
      <label>
        <input
          type="checkbox"
          checked={jobs.length === rows.length}
          onChange={event =>
            choose(
              rows.map(({ id }) => id),
              event.currentTarget.checked,
            )
          }
        />{' '}
        all {whole(rows.length)} shown
      </label>
      <span role="status">{whole(jobs.length)} selected</span>
      {jobs.length > 0 &&
        actions.map(action => (
          <SelectionAct key={action} action={action} jobs={jobs} done={ids => choose(ids, false)} />
        ))}
      {jobs.length === 0 && query.get('id') === null && (
        <>
          <span class="soft">all that match:</span>
          {actions.map(action => (
            <BulkAct key={action} action={action} filter={filter} about={`jobs that match ${text || 'phase:live'}`} />
          ))}
        </>
      )}
    </div>
  )
}
