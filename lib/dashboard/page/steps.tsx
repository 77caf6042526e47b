/** What the handler of a job has done so far, and the signals that it waits for. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ask, messageOf, usePoll } from './api.ts'
import { Children } from './children.tsx'
import { relative, shown } from './format.ts'
import { Act, type Column, Table, Trouble } from './parts.tsx'
import { refresh, version } from './place.ts'
import type { JobShown, StepDone } from './types.ts'

interface StepsProps {
  readonly job: JobShown
  /** Of the job, in the API. */
  readonly path: string
  readonly canAct: boolean
}

/** Nothing at all of a job whose handler has no steps. */
export function Steps({ job, path, canAct }: StepsProps): VNode | null {
  const { state, generation, attempt } = job
  // Only the answer tells whether a job has steps. One that has none is not asked about again before it has moved on.
  const [hasSteps, setHasSteps] = useState(false)
  const isOnce = job.finishedAt !== undefined || !(hasSteps || state === 'IN_PROGRESS')
  const asOf = `${version.value}/${generation}.${attempt}/${state}`
  const { body, error } = usePoll<{ readonly steps: readonly StepDone[] }>(`${path}/steps`, { version: asOf, isOnce })
  const steps = body?.steps ?? []
  if (hasSteps !== steps.length > 0 && body !== undefined) setHasSteps(!hasSteps)
  const isWaiting = state === 'WAITING'
  const open = awaited(steps)
  if (steps.length === 0) return <Trouble text={error} />
  return (
    <>
      <h2>Steps</h2>
      <Trouble text={error} />
      {canAct && isWaiting && (
        <div class="acts">
          {open.map(name => (
            <Signal key={name} name={name} path={path} />
          ))}
        </div>
      )}
      <Table
        caption="Steps, in the order in which they were written"
        columns={columnsOf(open)}
        rows={steps}
        keyOf={({ kind, name }) => `${kind}/${name}`}
        empty=""
      />
      {steps.some(({ kind }) => kind === 'children') && <Children path={path} isOver={job.finishedAt !== undefined} />}
    </>
  )
}

/** Names of waits whose signal has not come. */
function awaited(steps: readonly StepDone[]): readonly string[] {
  const come = new Set(steps.flatMap(({ kind, name }) => (kind === 'signal' ? [name] : [])))
  return steps.flatMap(({ kind, name }) => (kind === 'wait' && !come.has(name) ? [name] : []))
}

/** @param open names of waits whose signal has not come */
const columnsOf = (open: readonly string[]): readonly Column<StepDone>[] => [
  { head: 'Step', cell: ({ name }) => shown(name, 200) },
  { head: 'Kind', cell: ({ kind }) => kind },
  { head: 'Written', cell: ({ at }) => at.replace('T', ' ') },
  {
    head: 'Left',
    cell: step => <Left step={step} isOver={step.kind === 'wait' && !open.includes(step.name)} />,
  },
]

interface LeftProps {
  readonly step: StepDone
  /** Nobody waits for its end any more. */
  readonly isOver: boolean
}

function Left({ step: { bytes, error, isLate, key, of, until, value }, isOver }: LeftProps): VNode | null {
  if (error !== undefined) return <span class="bad">{shown(`${error.name}: ${error.message}`, 300)}</span>
  if (isLate === true) return <span class="soft">none came in time</span>
  if (until !== undefined) {
    return (
      <>
        until {until.replace('T', ' ')} {!isOver && <span class="soft">{relative(until, Date.now())}</span>}
      </>
    )
  }
  if (bytes !== undefined) {
    return (
      <>
        {Math.ceil(bytes / 1_024)} KB in the bucket <span class="soft">{key}</span>
      </>
    )
  }
  if (of !== undefined && value === undefined) return <span class="soft">{of} jobs</span>
  return value === undefined ? null : <code>{shown(JSON.stringify(value), 300)}</code>
}

function Signal({ name, path }: { readonly name: string; readonly path: string }): VNode {
  const [text, setText] = useState('null')
  const send = (): Promise<unknown> =>
    ask('POST', `${path}/signals/${encodeURIComponent(name)}`, { value: jsonOf(text) })
  const id = `signal-${name}`
  return (
    <Act
      name={`Send ${shown(name, 60)}`}
      what="The job goes on with this value. The first one counts."
      act={send}
      done={refresh}
    >
      <label for={id}>Value, as JSON</label>
      <textarea id={id} value={text} onInput={event => setText(event.currentTarget.value)} />
    </Act>
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new Error(`This is no JSON: ${messageOf(error)}`, { cause: error })
  }
}
