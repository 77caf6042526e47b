/** Limits of a queue at which jobs wait: who holds their places, and who is in line. */
import type { VNode } from 'preact'
import { usePoll } from './api.ts'
import { elapsed, relative, shown, whole } from './format.ts'
import { allowed } from './limit.ts'
import { type Column, Table, Trouble } from './parts.tsx'
import { gateHref, jobHref, place, version } from './place.ts'
import type { GateShown, GateWithLineShown } from './types.ts'

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
    { head: 'For', isNumber: true, cell: ({ since }) => (since === undefined ? '–' : elapsed(since, Date.now())) },
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
  { head: 'In line for', isNumber: true, cell: ({ parked }) => elapsed(parked, Date.now()) },
]

const soon = (at: string): string => (Date.parse(at) <= Date.now() ? 'now' : relative(at, Date.now()))

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
            {body.nextSlotAt !== undefined && `; the next start that is free ${soon(body.nextSlotAt)}`}
            {body.since !== undefined && `; somebody has waited for ${elapsed(body.since, Date.now())}`}
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
