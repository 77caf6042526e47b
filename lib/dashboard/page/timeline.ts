/** The life of a job as steps, in the order in which they happened: what it waited for, what ran, how that ended. */
import type { JobShown, RunShown } from './types.ts'

export type Step =
  | {
      readonly kind: 'moment'
      readonly text: string
      readonly at: string
      readonly tone: string
      readonly mark: string
    }
  | { readonly kind: 'wait'; readonly text: string; readonly ms: number }
  | {
      readonly kind: 'run'
      /** `2`, or `2.1` of a job that was retried by hand. */
      readonly name: string
      readonly at: string
      /** Absent: nobody knows when it stopped, or where it began. */
      readonly ms?: number
      readonly outcome: string
      readonly tone: string
      readonly mark: string
    }

const outcomes: Readonly<Record<string, readonly [tone: string, mark: string]>> = {
  completed: ['good', '✓'],
  failed: ['bad', '✕'],
  retried: ['warn', '↻'],
  crashed: ['bad', '⚡'],
  cancelled: ['soft', '⊘'],
  snoozed: ['soft', '☾'],
  suspended: ['soft', '☾'],
  running: ['warn', '▶'],
}

/** Tone and mark of an outcome: no one of word, shape and colour stands alone. */
export const lookOf = (outcome: string): readonly [tone: string, mark: string] => outcomes[outcome] ?? ['soft', '·']

/** @param runs as the API lists them: the newest first, ended ones only */
export function stepsOf(job: JobShown, runs: readonly RunShown[], now: number): readonly Step[] {
  const steps: Step[] = [moment('enqueued', job.insertedAt, 'soft', '●')]
  let since = Date.parse(job.insertedAt)
  const all = [...runs.toReversed(), ...underWay(job)]
  for (const run of all) {
    const { startedAt, endedAt } = run
    const began = startedAt === undefined ? undefined : Date.parse(startedAt)
    if (began !== undefined && began > since) steps.push({ kind: 'wait', text: 'waited', ms: began - since })
    const ended = endedAt === undefined ? undefined : Date.parse(endedAt)
    steps.push(runStep(run, job, now))
    since = Math.max(since, ended ?? began ?? since)
  }
  return [...steps, ...lastSteps(job, since, now)]
}

/** What has not ended is not among the runs. */
function underWay({ state, generation, attempt, startedAt, type, queue }: JobShown): readonly RunShown[] {
  if (state !== 'IN_PROGRESS') return []
  return [{ generation, attempt, outcome: 'running', type, queue, ...(startedAt === undefined ? {} : { startedAt }) }]
}

function runStep(
  { generation, attempt, outcome, startedAt, endedAt, runMs }: RunShown,
  job: JobShown,
  now: number,
): Step {
  const [tone, mark] = lookOf(outcome)
  const since = outcome === 'running' && startedAt !== undefined ? now - Date.parse(startedAt) : undefined
  const ms = runMs ?? since
  return {
    kind: 'run',
    name: job.generation > 1 ? `${generation}.${attempt}` : String(attempt),
    at: startedAt ?? endedAt ?? job.insertedAt,
    ...(ms === undefined ? {} : { ms: Math.max(0, ms) }),
    outcome,
    tone,
    mark,
  }
}

/** What comes after the last run that is known: the end, or what it waits for. */
function lastSteps({ state, scheduledAt, finishedAt }: JobShown, since: number, now: number): readonly Step[] {
  if (finishedAt !== undefined) {
    const [tone, mark] = lookOf(state.toLowerCase())
    return [moment(state.toLowerCase(), finishedAt, tone, mark)]
  }
  if (state === 'IN_PROGRESS') return []
  const due = Date.parse(scheduledAt)
  if (due > now) return [{ kind: 'wait', text: state === 'WAITING' ? 'waits, next look in' : 'due in', ms: due - now }]
  return [{ kind: 'wait', text: 'has waited', ms: Math.max(0, now - Math.max(since, due)) }]
}

const moment = (text: string, at: string, tone: string, mark: string): Step => ({
  kind: 'moment',
  text,
  at,
  tone,
  mark,
})

/** Width of a span in pixels: tens, hundreds and thousands of milliseconds grow by the same. */
export const widthOf = (ms: number | undefined, least: number): number =>
  Math.round(least + 11 * Math.log10(1 + Math.max(0, ms ?? 0)))
