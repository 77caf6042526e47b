/** Above the list of jobs: the search, and how many jobs are in each state. */
import type { VNode } from 'preact'
import { usePoll } from './api.ts'
import { whole } from './format.ts'
import { go, place } from './place.ts'
import { ranges, replaced, searchOf } from './search.ts'
import type { QueueShown } from './types.ts'

/** Ids that this tab has shown, so that their ends can be typed. */
export const known = new Set<string>()

/** Phases and states of jobs that have ended. */
export const ended = new Set(['failed', 'completed', 'cancelled', 'FAILED', 'COMPLETED', 'CANCELLED'])

const tabs = [
  ['Live', 'phase:live'],
  ['Scheduled', 'state:scheduled'],
  ['In line', 'parked:true'],
  ['Running', 'state:in_progress'],
  ['Retry', 'state:retry'],
  ['Failed', 'phase:failed'],
  ['Completed', 'phase:completed'],
  ['Cancelled', 'phase:cancelled'],
] as const

/** What the counters of queues say of a tab; undefined where the search asks for more than they know. */
function countOf(
  word: string,
  query: Readonly<Record<string, string>>,
  queues: readonly QueueShown[],
): number | undefined {
  if (word === 'parked:true' || ['tag', 'why', 'id'].some(name => query[name] !== undefined)) return undefined
  const value = word.slice(word.indexOf(':') + 1).toUpperCase()
  const wanted = queues.filter(({ name }) => query['queue'] === undefined || name === query['queue'])
  return wanted
    .map(({ jobs }) => (query['type'] === undefined ? jobs.states : (jobs.types[query['type']] ?? {})))
    .flatMap(states => Object.entries(states))
    .filter(([state]) => (value === 'LIVE' ? !ended.has(state) : state === value))
    .reduce((sum, [, many]) => sum + many, 0)
}

export function Tabs({
  text,
  query,
}: {
  readonly text: string
  readonly query: Readonly<Record<string, string>>
}): VNode {
  const { body } = usePoll<{ readonly queues: readonly QueueShown[] }>('/v1/queues')
  const phase = query['state'] === undefined ? `phase:${query['phase'] ?? 'live'}` : `state:${query['state']}`
  const current = query['parked'] === undefined ? phase : 'parked:true'
  return (
    <nav class="acts" aria-label="States">
      {tabs.map(([name, word]) => {
        const count = body === undefined ? undefined : countOf(word, query, body.queues)
        const isCurrent = current.toLowerCase() === word || current === word.replace('phase:', 'state:').toUpperCase()
        return (
          <a
            key={word}
            href={hrefWith({ q: replaced(text, ['state', 'phase', 'parked'], word) })}
            aria-current={isCurrent ? 'page' : undefined}
          >
            {name} <span class="soft">{count === undefined ? '' : whole(count)}</span>
          </a>
        )
      })}
    </nav>
  )
}

/** The address of this list, with other values for some of its parameters; empty ones are left out. */
function hrefWith(changes: Readonly<Record<string, string>>): string {
  const params = new URLSearchParams(place.value.search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') params.delete(name)
    else params.set(name, value)
  }
  return `/jobs?${params}`
}

const orders = [
  ['', 'usual order'],
  ['newest', 'newest first'],
  ['oldest', 'oldest first'],
] as const

function submit(form: HTMLFormElement): void {
  const given = new FormData(form)
  const changes = Object.fromEntries([...given].map(([name, value]) => [name, typeof value === 'string' ? value : '']))
  const search = searchOf(changes['q'] ?? '', known)
  // The whole id, so that the address shows the same elsewhere.
  const id = search.kind === 'query' ? search.query.id : undefined
  const q = id === undefined ? (changes['q'] ?? '') : replaced(changes['q'] ?? '', ['id'], `id:${id}`)
  go(hrefWith({ from: '', to: '', ...changes, q }))
}

export function SearchForm({ text, params }: { readonly text: string; readonly params: URLSearchParams }): VNode {
  const range = params.get('range') ?? ''
  return (
    <form
      class="search"
      onSubmit={event => {
        event.preventDefault()
        submit(event.currentTarget)
      }}
    >
      <label class="grow">
        <span class="soft">Search: type: queue: state: phase: tag: parked: why: id:</span>
        <input id="search" type="search" name="q" value={text} autocomplete="off" />
      </label>
      <Choice name="range" label="Time" of={ranges} value={range} />
      <Choice name="order" label="Order" of={orders} value={params.get('order') ?? ''} />
      {range === 'custom' &&
        (['from', 'to'] as const).map(name => (
          <label key={name}>
            <span class="soft">{name}</span>
            <input
              type="datetime-local"
              name={name}
              value={params.get(name) ?? ''}
              onChange={event => event.currentTarget.form && submit(event.currentTarget.form)}
            />
          </label>
        ))}
    </form>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly label: string
  readonly of: readonly (readonly [value: string, text: string, ...unknown[]])[]
  readonly value: string
}

const Choice = ({ name, label, of, value }: ChoiceProps): VNode => (
  <label>
    <span class="soft">{label}</span>
    <select name={name} value={value} onChange={event => event.currentTarget.form && submit(event.currentTarget.form)}>
      {of.map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  </label>
)
