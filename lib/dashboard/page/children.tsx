/** The jobs that a job waits for, or has waited for: the first hundred of them. */
import type { VNode } from 'preact'
import { usePoll } from './api.ts'
import { shown, whole } from './format.ts'
import { type Column, State, Table, Trouble } from './parts.tsx'
import { jobHref, version } from './place.ts'
import type { ChildrenShown, ChildShown } from './types.ts'

interface ChildrenProps {
  /** Of the job, in the API. */
  readonly path: string
  /** Nothing of them changes any more. */
  readonly isOver: boolean
}

export function Children({ path, isOver }: ChildrenProps): VNode {
  const options = { version: version.value, isOnce: isOver }
  const { body, error } = usePoll<ChildrenShown>(`${path}/children`, options)
  const { groups = [], children = [], next } = body ?? {}
  return (
    <>
      <h2>Children</h2>
      <Trouble text={error} />
      {groups.map(({ name, of, left }) => (
        <p key={name}>
          {shown(name, 200)}: {whole(left)} of {whole(of)} are left
        </p>
      ))}
      <Table
        caption="Children, by their places"
        columns={columns}
        rows={children}
        keyOf={({ id }) => id}
        empty="None is there yet"
      />
      {next !== undefined && <p class="soft">These are the first {children.length}.</p>}
    </>
  )
}

const columns: readonly Column<ChildShown>[] = [
  { head: 'Group', cell: ({ group }) => shown(group, 200) },
  { head: 'Place', cell: ({ index }) => whole(index) },
  { head: 'Job', cell: ({ id }) => <a href={jobHref(id)}>…{id.slice(-8)}</a> },
  {
    head: 'State',
    cell: ({ state }) => (state === undefined ? <span class="soft">not there</span> : <State name={state} />),
  },
  { head: 'Left', cell: child => <Left child={child} /> },
]

function Left({ child: { error, result } }: { readonly child: ChildShown }): VNode | null {
  if (error !== undefined) return <span class="bad">{shown(`${error.name}: ${error.message}`, 300)}</span>
  return result === undefined ? null : <code>{shown(JSON.stringify(result), 300)}</code>
}
