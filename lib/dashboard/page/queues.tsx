/** Overview and queues. */
import type { VNode } from 'preact'
import { ask, usePoll } from './api.ts'
import { relative, span, whole } from './format.ts'
import { Act, type Column, Figures, Table, Trouble } from './parts.tsx'
import { jobsHref, refresh, version } from './place.ts'
import type { HealthShown, QueueShown } from './types.ts'

const waiting = ({ jobs: { states } }: QueueShown): number => (states['AVAILABLE'] ?? 0) + (states['RESERVED'] ?? 0)
const count = (head: string, state: string): Column<QueueShown> => ({
  head,
  isNumber: true,
  cell: ({ name, jobs }) => <a href={jobsHref(`queue:${name} state:${state}`)}>{whole(jobs.states[state])}</a>,
})

const columns: readonly Column<QueueShown>[] = [
  {
    head: 'Queue',
    cell: ({ name, paused }) => (
      <>
        <a href={`/queues/${encodeURIComponent(name)}`}>{name}</a>
        {paused !== undefined && <span class="warn"> ⏸ paused</span>}
      </>
    ),
  },
  { head: 'Waiting', isNumber: true, cell: queue => whole(waiting(queue)) },
  count('Running', 'IN_PROGRESS'),
  count('Retry', 'RETRY'),
  count('Scheduled', 'SCHEDULED'),
  count('Failed', 'FAILED'),
  { head: 'Done/min', isNumber: true, cell: ({ rates }) => whole(Math.round(rates.completed)) },
  { head: 'Run p95', isNumber: true, cell: ({ run }) => span(run.p95) },
  { head: 'Wait p95', isNumber: true, cell: ({ wait }) => span(wait.p95) },
  { head: 'Oldest', isNumber: true, cell: ({ oldestWaiting }) => span(oldestWaiting?.ms) },
]

function QueueTable({ queues }: { readonly queues: readonly QueueShown[] | undefined }): VNode {
  return (
    <Table
      caption="Queues, counted a few seconds ago"
      columns={columns}
      rows={queues}
      keyOf={({ name }) => name}
      empty="The deployed code has no queue."
    />
  )
}

export function Overview(): VNode {
  const health = usePoll<HealthShown>('/v1/health')
  const { body } = health
  return (
    <>
      <h1>Overview</h1>
      <Trouble text={health.error} />
      <section class="card" aria-label="Health" aria-live="polite">
        {body !== undefined && (
          <>
            <p class={body.verdict === 'ok' ? 'good' : body.verdict === 'alarm' ? 'bad' : 'warn'}>
              {body.verdict === 'ok' ? '● All well' : `▲ ${body.verdict}`}
            </p>
            {body.reasons.map(({ code, text, todo }) => (
              <p key={code}>
                {text} <span class="soft">{todo}</span>
              </p>
            ))}
            <Figures
              of={{
                'completed in an hour': whole(body.lastHour.completed),
                failed: whole(body.lastHour.failed),
                crashed: whole(body.lastHour.crashed),
                'oldest due job': span(body.oldestDueMs),
                'last tick': relative(body.lastTick?.endedAt, Date.now()),
              }}
            />
          </>
        )}
      </section>
      <h2>Queues</h2>
      <QueueList />
    </>
  )
}

export const Queues = (): VNode => (
  <>
    <h1>Queues</h1>
    <QueueList />
  </>
)

function QueueList(): VNode {
  const { body, error } = usePoll<{ readonly queues: readonly QueueShown[] }>('/v1/queues')
  return (
    <>
      <Trouble text={error} />
      <QueueTable queues={body?.queues} />
    </>
  )
}

export function Queue({ name, canAct }: { readonly name: string; readonly canAct: boolean }): VNode {
  const path = `/v1/queues/${encodeURIComponent(name)}`
  const { body, error } = usePoll<QueueShown>(path, version.value)
  const paused = body?.paused
  return (
    <>
      <h1>{name}</h1>
      <Trouble text={error} />
      {paused !== undefined && (
        <p class="card warn">
          ⏸ Paused {relative(paused.at, Date.now())} by {paused.by ?? 'somebody'} {paused.why}
        </p>
      )}
      {canAct && body !== undefined && (
        <div class="acts">
          {paused === undefined ? (
            <Act
              name="Pause"
              what={`No job of ${name} starts until somebody resumes it. Jobs that run now end as they would.`}
              act={() => ask('PATCH', path, { paused: {} })}
              done={refresh}
            />
          ) : (
            <Act
              name="Resume"
              what={`${whole(waiting(body))} waiting jobs of ${name} start.`}
              act={() => ask('PATCH', path, { paused: false })}
              done={refresh}
            />
          )}
        </div>
      )}
      <QueueTable queues={body === undefined ? undefined : [body]} />
    </>
  )
}
