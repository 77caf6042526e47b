/** One job: where it stands and why, its life as a line of steps, its runs, and what can be done with it. */
import type { VNode } from 'preact'
import { ask, usePoll } from './api.ts'
import { charged, elapsed, relative, shown, span } from './format.ts'
import { ChangedInput } from './input-form.tsx'
import { Act, type Column, Figures, State, Table, Trouble } from './parts.tsx'
import { gateHref, go, jobHref, jobsHref, refresh, version } from './place.ts'
import { Steps } from './steps.tsx'
import { lookOf, type Step, stepsOf, widthOf } from './timeline.ts'
import type { ExplanationShown, JobShown, RunShown } from './types.ts'

const clockOf = (instant: string): string => instant.slice(11, 23)

const Outcome = ({ name }: { readonly name: string }): VNode => {
  const [tone, mark] = lookOf(name)
  return (
    <span class={tone}>
      <span aria-hidden="true">{mark} </span>
      {name}
    </span>
  )
}

const runColumns = (job: JobShown): readonly Column<RunShown>[] => [
  { head: '#', isNumber: true, cell: ({ generation, attempt }) => `${generation}.${attempt}` },
  { head: 'Start', cell: ({ startedAt }) => (startedAt === undefined ? '–' : startedAt.replace('T', ' ')) },
  { head: 'Run', isNumber: true, cell: ({ runMs }) => span(runMs) },
  { head: 'Outcome', cell: ({ outcome }) => <Outcome name={outcome} /> },
  {
    head: 'Error',
    cell: ({ error, generation, attempt }) =>
      error !== undefined && (
        <>
          {shown(`${error.name}: ${error.message}`, 300)}
          {/* The last stack is the job's own, below. */}
          {error.stack !== undefined && !(generation === job.generation && attempt === job.attempt) && (
            <details>
              <summary>stack</summary>
              <pre tabIndex={0}>{shown(error.stack)}</pre>
            </details>
          )}
        </>
      ),
  },
]

interface JobProps {
  readonly id: string
  readonly canAct: boolean
  readonly isLocal: boolean
}

interface Runs {
  readonly runs: readonly RunShown[]
  readonly history: 'failed' | 'all' | 'none'
  readonly isComplete: boolean
}

export function Job({ id, canAct, isLocal }: JobProps): VNode {
  const path = `/v1/jobs/${encodeURIComponent(id)}`
  const { body: job, error } = usePoll<JobShown>(path, version.value)
  const runs = usePoll<Runs>(job === undefined ? undefined : `${path}/runs`, version.value)
  if (job === undefined) return error === undefined ? <p class="soft">Loading…</p> : <Trouble text={error} />
  return (
    <>
      <h1>
        {job.type} <span class="soft">…{id.slice(-8)}</span> <State name={job.state} />
      </h1>
      <Trouble text={error} />
      {canAct && <JobActs job={job} path={path} />}
      <section class="card" aria-label="Facts">
        <Why job={job} path={path} />
        {job.gate !== undefined && (
          <p>
            Its limit: <a href={gateHref(job.queue, job.gate)}>{shown(job.gate, 160)}</a>
            {job.parked !== undefined && `, in line there for ${elapsed(job.parked, Date.now())}`}
          </p>
        )}
        <Figures isSmall of={factsOf(job)} />
      </section>
      <Timeline steps={stepsOf(job, runs.body?.runs ?? [], Date.now())} />
      <Steps job={job} path={path} canAct={canAct} />
      {/* What a stack on this machine holds is one's own; elsewhere it is shown when asked for. */}
      <Fold name="Input" value={job.input} isOpen={isLocal} />
      <Fold name="Result" value={job.result} isOpen={isLocal} />
      <Fold name="Stack" value={job.error?.stack} isOpen={isLocal} />
      <Fold name="Context" value={job.context} />
      <Fold name="Next under its unique key" value={job.next} isOpen={isLocal} />
      <Fold name="Notify" value={job.notify} />
      <h2>Runs</h2>
      <Trouble text={runs.error} />
      <Table
        caption={runsCaption(runs.body)}
        columns={runColumns(job)}
        rows={runs.body?.runs}
        keyOf={({ generation, attempt, outcome }) => `${generation}.${attempt}/${outcome}`}
        empty={
          runs.body?.history === 'failed'
            ? 'No run has failed; those that succeed are not kept.'
            : 'No run has been kept yet.'
        }
      />
    </>
  )
}

function runsCaption(runs: Runs | undefined): string {
  const which = runs?.history === 'failed' ? 'Ended runs but the ones that succeeded' : 'Ended runs'
  return `${which}, the newest first${runs?.isComplete === false ? '; there are more' : ''}`
}

/** Why it failed; of a job that has not ended, why it does not run. */
function Why({ job, path }: { readonly job: JobShown; readonly path: string }): VNode | null {
  const isOver = job.finishedAt !== undefined
  const { body, error } = usePoll<ExplanationShown>(isOver ? undefined : `${path}/explain`, version.value)
  const { name, message } = job.error ?? {}
  return (
    <>
      {name !== undefined && (
        <p class="bad">
          {isOver &&
            job.state === 'FAILED' &&
            charged(job) >= job.maxAttempts &&
            `${charged(job)} attempts used up. Last: `}
          {shown(`${name}: ${message}`)}
        </p>
      )}
      {job.code !== undefined && <p>{shown(job.code)}</p>}
      <Trouble text={error} />
      {!isOver && body !== undefined && (
        <>
          <strong>{job.state === 'IN_PROGRESS' ? 'What it does' : 'Why is it not running?'}</strong>
          {body.reasons.map(({ code, text, todo, until, heldBy = [] }) => (
            <p key={code}>
              {text} {until !== undefined && <span class="soft">until {until.replace('T', ' ')}</span>}{' '}
              {heldBy.length > 0 && 'Held by: '}
              {heldBy.map((holder, index) => (
                <span key={holder}>
                  {index > 0 && ', '}
                  <a href={jobHref(holder)}>…{shown(holder.slice(-8), 8)}</a>
                </span>
              ))}{' '}
              <span class="soft">{todo}</span>
            </p>
          ))}
        </>
      )}
    </>
  )
}

const some = (name: string, text: string | undefined): Readonly<Record<string, string>> =>
  text === undefined || text === '0' ? {} : { [name]: text }

/** What is as always is left out. */
function factsOf(job: JobShown): Readonly<Record<string, string>> {
  const now = Date.now()
  const { code: _, ...known } = job
  return {
    id: known.id,
    queue: known.queue,
    attempt: `${charged(known)} of ${known.maxAttempts}`,
    generation: String(known.generation),
    enqueued: relative(known.insertedAt, now),
    due: relative(known.scheduledAt, now),
    started: relative(known.startedAt, now),
    ended: relative(known.finishedAt, now),
    tags: known.tags.join(', ') || '–',
    ...some('tenant', known.tenant),
    ...some('priority', String(known.priority)),
    ...some('crashes', String(known.crashes)),
    ...some('starts', known.snoozes === 0 ? undefined : String(known.attempt)),
    ...some('progress', known.progress === undefined ? undefined : `${known.progress} %`),
    ...some('not after', known.startBy),
    ...some('lease until', known.leaseUntil),
    ...some('asked to stop', known.cancelRequestedAt),
    ...some('schedule', known.schedule),
    ...some('occurrence', known.occurrence),
    ...some('followed by', known.onFailed),
    ...some('follows the failure of', known.failureOf?.id),
  }
}

function Timeline({ steps }: { readonly steps: readonly Step[] }): VNode {
  return (
    <section class="card" aria-label="Timeline">
      <ol class="timeline">
        {steps.map((step, index) => (
          // Steps are only ever added.
          <li key={index} class={step.kind}>
            <StepShown step={step} />
          </li>
        ))}
      </ol>
      <p class="soft">Times in UTC. Not to scale: ten times as long is a little wider.</p>
    </section>
  )
}

function StepShown({ step }: { readonly step: Step }): VNode {
  switch (step.kind) {
    case 'moment':
      return (
        <>
          <b class={step.tone}>
            <span aria-hidden="true">{step.mark} </span>
            {step.text}
          </b>
          <time dateTime={step.at}>{clockOf(step.at)}</time>
        </>
      )
    case 'wait':
      return (
        <>
          <i style={{ width: `${widthOf(step.ms, 20)}px` }} aria-hidden="true" />
          <span class="soft">
            {step.text} {span(step.ms)}
          </span>
        </>
      )
    case 'run':
      return (
        <>
          <b class={`bar ${step.tone}`} style={{ minWidth: `${widthOf(step.ms, 30)}px` }}>
            {step.name} <span aria-hidden="true">{step.mark}</span>
          </b>
          <span class={step.tone}>
            {step.outcome} {span(step.ms)}
          </span>
          <time dateTime={step.at}>{clockOf(step.at)}</time>
        </>
      )
  }
}

interface FoldProps {
  readonly name: string
  readonly value: unknown
  readonly isOpen?: boolean
}

const Fold = ({ name, value, isOpen = false }: FoldProps): VNode | null =>
  value === undefined ? null : (
    <details class="card" open={isOpen}>
      <summary>{name}</summary>
      <pre tabIndex={0}>{shown(value)}</pre>
    </details>
  )

function JobActs({ job, path }: { readonly job: JobShown; readonly path: string }): VNode {
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
      <Act name="Retry" what={again} act={act('retry')} done={refresh} shortcut="r" />
      <ChangedInput type={job.type} input={job.input} what={again} send={input => act('retry', { input })()} />
      <Act
        name="Delete"
        what="The job is gone, with its input and result."
        act={() => ask('DELETE', path)}
        done={() => go(jobsHref(`queue:${job.queue}`))}
      />
    </div>
  )
}
