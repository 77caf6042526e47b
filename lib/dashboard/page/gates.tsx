/** Limits of a queue: who holds their places and who waits, and the limit of the whole queue that people set. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ask, usePoll } from './api.ts'
import { relative, shown, whole } from './format.ts'
import { Act, type Column, Table, Trouble } from './parts.tsx'
import { gateHref, jobHref, place, refresh, version } from './place.ts'
import type { GateShown, GateWithLineShown, QueueShown } from './types.ts'

type Limit = NonNullable<GateShown['limit']>

/** `3 at a time, 10 starts per 1s`. */
export function allowed({ concurrency, rate }: Limit): string {
  const burst = rate?.burst === undefined ? '' : `, ${rate.burst} at once`
  return [
    ...(concurrency === undefined ? [] : [`${concurrency} at a time`]),
    ...(rate === undefined ? [] : [`${rate.count} starts per ${rate.per}${burst}`]),
  ].join(', ')
}

const limitCell = ({ limit }: GateShown): string =>
  limit === undefined ? 'none any more: who waits goes soon' : allowed(limit)
const waitingCell = ({ waiting: { count, isExact } }: GateShown): string => `${whole(count)}${isExact ? '' : '+'}`

/** Places that are held, each with its job. */
const Held = ({ held }: Pick<GateShown, 'held'>): VNode => (
  <>
    {held.map(({ job, isPromised }, index) => (
      <span key={job}>
        {index > 0 && ', '}
        <a href={jobHref(job)}>…{shown(job.slice(-8), 8)}</a>
        {isPromised === true && <span class="soft"> (its message is under way)</span>}
      </span>
    ))}
  </>
)

interface GatesShown {
  readonly gates: readonly GateShown[]
  readonly next?: string
}

/** Of a queue without limits there is nothing to see. */
export function Gates({ path }: { readonly path: string }): VNode | null {
  const queue = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  const gate = place.value.searchParams.get('gate')
  const { body, error } = usePoll<GatesShown>(`${path}/gates?limit=100`, version.value)
  const gates = body?.gates ?? []
  if (error === undefined && gates.length === 0 && gate === null) return null
  const columns: readonly Column<GateShown>[] = [
    { head: 'Limit of', cell: one => <a href={gateHref(queue, one.gate)}>{shown(one.gate, 80)}</a> },
    { head: 'Allows', cell: limitCell },
    { head: 'Held by', cell: one => <Held {...one} /> },
    { head: 'In line', isNumber: true, cell: waitingCell },
    { head: 'Since', isNumber: true, cell: ({ since }) => relative(since, Date.now()) },
  ]
  return (
    <section class="gates" aria-label="Limits at which jobs wait">
      <h2>Limits at which jobs wait</h2>
      <Trouble text={error} />
      {gate !== null && <Gate key={gate} path={path} gate={gate} />}
      <Table
        caption={`Who holds them, and how many are in line${body?.next === undefined ? '' : '; there are more than 100'}`}
        columns={columns}
        rows={body?.gates}
        keyOf={one => one.gate}
        empty="No job waits at a limit."
      />
    </section>
  )
}

type InLine = GateWithLineShown['line'][number]

const lineColumns: readonly Column<InLine>[] = [
  { head: 'Job', cell: ({ id }) => <a href={jobHref(id)}>…{shown(id.slice(-8), 8)}</a> },
  { head: 'Type', cell: ({ type }) => type },
  { head: 'Priority', isNumber: true, cell: ({ priority }) => String(priority) },
  { head: 'Due', isNumber: true, cell: ({ scheduledAt }) => relative(scheduledAt, Date.now()) },
  { head: 'In line since', isNumber: true, cell: ({ parked }) => relative(parked, Date.now()) },
]

/** One of them, also where nobody waits. */
function Gate({ path, gate }: { readonly path: string; readonly gate: string }): VNode {
  const { body, error } = usePoll<GateWithLineShown>(`${path}/line?gate=${encodeURIComponent(gate)}`, version.value)
  return (
    <section class="card" aria-label={`Limit of ${gate}`}>
      <h3>{shown(gate, 160)}</h3>
      <Trouble text={error} />
      {body !== undefined && (
        <>
          <p>
            {limitCell(body)}
            {body.nextSlotAt !== undefined && `; the next start that is free ${relative(body.nextSlotAt, Date.now())}`}
          </p>
          <p>
            {body.held.length === 0 ? (
              'Nobody holds a place.'
            ) : (
              <>
                Held by <Held held={body.held} />
              </>
            )}
          </p>
          {body.waiting.count > 0 && (
            <Table
              caption={`${waitingCell(body)} in line, the first of them in their order`}
              columns={lineColumns}
              rows={body.line}
              keyOf={({ id }) => id}
              empty="Those in line have ended, or were moved; their places go with the next tick."
            />
          )}
        </>
      )}
    </section>
  )
}

interface LimitProps {
  readonly queue: string
  readonly path: string
  readonly limit: QueueShown['limit']
}

/** The limit of the whole queue, over what the code says. */
export function LimitAct({ queue, path, limit }: LimitProps): VNode {
  const [concurrency, setConcurrency] = useState(String(limit?.concurrency ?? ''))
  const [count, setCount] = useState(String(limit?.rate?.count ?? ''))
  const [per, setPer] = useState(limit?.rate?.per ?? '1s')
  const [burst, setBurst] = useState(String(limit?.rate?.burst ?? ''))
  const asked = limitFrom({ concurrency, count, per, burst })
  const { code } = limit?.by === undefined ? { code: limit } : limit
  const its = code === undefined ? 'the code has none' : `the code says ${allowed(code)}`
  return (
    <Act
      name="Limit"
      go={asked === null ? 'Take the limit away' : 'Set the limit'}
      what={`So many jobs of the whole queue ${queue} run, or start, at a time. Workers notice within 5 s; runs at work end as they would.`}
      act={() => ask('PATCH', path, { limit: asked })}
      done={refresh}
    >
      <Field
        id="jobs"
        name="Jobs at the same time, 1 to 100; empty: any number"
        value={concurrency}
        set={setConcurrency}
      />
      <Field id="starts" name="Starts in a time; empty: any number" value={count} set={setCount} />
      <Field id="per" name="That time, as 1s or 10m" value={per} set={setPer} />
      <Field id="burst" name="Starts at once; empty: 1" value={burst} set={setBurst} />
      <p class="soft">Without any number it is as the code says: {its}.</p>
    </Act>
  )
}

interface FieldProps {
  readonly id: string
  readonly name: string
  readonly value: string
  readonly set: (value: string) => void
}

function Field({ id, name, value, set }: FieldProps): VNode {
  return (
    <>
      <label for={id}>{name}</label>
      <input id={id} value={value} onInput={event => set(event.currentTarget.value)} />
    </>
  )
}

interface LimitTexts {
  readonly concurrency: string
  readonly count: string
  readonly per: string
  readonly burst: string
}

const isEmpty = (text: string): boolean => text.trim() === ''

/** As the API takes it, which checks it; null where no number is given. */
function limitFrom({ concurrency, count, per, burst }: LimitTexts): object | null {
  if ([concurrency, count].every(isEmpty)) return null
  return {
    ...(isEmpty(concurrency) ? {} : { concurrency: Number(concurrency) }),
    ...(isEmpty(count)
      ? {}
      : {
          rate: {
            count: Number(count),
            per: per.replace(/\s/g, ''),
            ...(isEmpty(burst) ? {} : { burst: Number(burst) }),
          },
        }),
  }
}
