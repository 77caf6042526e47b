/** How a job is shown: its state, its error, its times. */
import type {
  Children,
  ChildView,
  Explanation,
  JobRuns,
  JobSteps,
  JobSummary,
  JobView,
  RunView,
  StepView,
} from '../../client/lookup.ts'
import { spokenMs } from '../../core/values/duration.ts'
import { type Cell, clipped, hanging, type Page, paragraph, type Tone, table, toned, unbroken } from '../render.ts'
import { facts, jsonText, whenText } from '../words.ts'

const tones: Readonly<Partial<Record<string, Tone>>> = {
  FAILED: 'red',
  RETRY: 'yellow',
  COMPLETED: 'green',
  CANCELLED: 'dim',
}

export function stateCell(state: string): Cell {
  const tone = tones[state]
  return tone === undefined ? state : { text: state, tone }
}

export const errorText = (error: { readonly name: string; readonly message: string } | undefined): string =>
  error === undefined ? '' : `${error.name}: ${error.message}`

type Tried = Pick<JobSummary, 'attempt' | 'snoozes' | 'maxAttempts'>

/** Starts that count: a rest, a snooze, and going on in a later run cost no attempt. */
export const chargedOf = ({ attempt, snoozes }: Tried): number => attempt - snoozes

export const triesText = (job: Tried): string => `${chargedOf(job)}/${job.maxAttempts}`

const maxValueColumns = 1_000
/** Lines of a stack: the first are of the application. */
const maxStackLines = 6

export interface ShownJob {
  readonly job: JobView
  readonly runs: JobRuns
  readonly steps: JobSteps
  /** Absent once it has ended: the state says it all. */
  readonly explanation?: Explanation
  /** Of a job that made some: a page of them. */
  readonly children?: Children
}

export function jobText(page: Page, { job, runs, steps, explanation, children }: ShownJob, now: number): string {
  const parts = [
    jobFacts(page, job, now),
    ...(explanation === undefined ? [] : [explanationText(page, explanation, now)]),
    ...(job.error?.stack === undefined ? [] : [stackText(page, job.error.stack)]),
    ...(steps.steps.length === 0 ? [] : [stepsText(page, steps, now)]),
    ...(children === undefined ? [] : [childrenText(page, children)]),
    ...(runs.runs.length === 0 ? [] : [runsText(page, runs)]),
  ]
  return parts.join('\n\n')
}

function jobFacts(page: Page, job: JobView, now: number): string {
  const { schedule, occurrence, progress } = job
  const at = (instant: string | undefined): string | undefined =>
    instant === undefined ? undefined : `${instant}, ${whenText(instant, now)}`
  return facts(page, `${job.type} ${job.id} is ${job.state}`, [
    ['queue', job.queue],
    ['attempt', `${chargedOf(job)} of ${job.maxAttempts}${job.generation > 1 ? `, generation ${job.generation}` : ''}`],
    ['crashes', job.crashes === 0 ? undefined : String(job.crashes)],
    ['starts', job.snoozes === 0 ? undefined : `${job.attempt}, of which ${job.snoozes} cost no attempt`],
    ['progress', progress === undefined ? undefined : `${progress} %`],
    ['priority', job.priority === 0 ? undefined : String(job.priority)],
    ['tags', job.tags.join(', ')],
    ['tenant', job.tenant],
    [
      'schedule',
      schedule === undefined ? undefined : `${schedule}${occurrence === undefined ? '' : `, ${occurrence}`}`,
    ],
    ['gate', job.gate],
    ['in line', job.parked === undefined ? undefined : `since ${at(job.parked)}`],
    ['enqueued', at(job.insertedAt)],
    ['due', job.scheduledAt === job.insertedAt ? undefined : at(job.scheduledAt)],
    ['started', at(job.startedAt)],
    ['ended', at(job.finishedAt)],
    ['cancel', job.cancelRequestedAt && `asked for ${at(job.cancelRequestedAt)}`],
    ['why', job.code],
    ['next', job.next && `follows it, asked for ${at(job.next.insertedAt)}`],
    ['error', clipped(errorText(job.error), maxValueColumns)],
    ['onFailed', job.onFailed],
    ['follows', job.failureOf && `the failure of ${job.failureOf.id}, generation ${job.failureOf.generation}`],
    ['input', clipped(jsonText(job.input), maxValueColumns)],
    ['next input', job.next?.input === undefined ? undefined : clipped(jsonText(job.next.input), maxValueColumns)],
    ['result', job.result === undefined ? undefined : clipped(jsonText(job.result), maxValueColumns)],
    ['context', job.context === undefined ? undefined : clipped(jsonText(job.context), maxValueColumns)],
    ['notify', job.notify === undefined ? undefined : clipped(jsonText(job.notify), maxValueColumns)],
  ])
}

function stackText(page: Page, stack: string): string {
  const lines = stack.split('\n').filter(line => /^\s+at /.test(line))
  return toned(
    page,
    'dim',
    lines
      .slice(0, maxStackLines)
      .map(line => hanging(page, '  at ', line.trim().replace(/^at /, '')))
      .join('\n'),
  )
}

/** The first reason is the answer; the others are why it may go on waiting. */
export function explanationText(page: Page, { reasons }: Explanation, now: number): string {
  return reasons
    .map(({ text, until, todo }, index) => {
      const when = until === undefined ? '' : ` Until ${until}, ${whenText(until, now)}.`
      const line = hanging(page, `${index + 1}. `, `${text}${when}`)
      return todo === undefined ? line : `${line}\n${hanging(page, '   ', `To do: ${todo}.`)}`
    })
    .join('\n')
}

/** What the handler has done, in the order in which it was written. */
export function stepsText(page: Page, { steps }: JobSteps, now: number): string {
  const come = new Set(steps.flatMap(({ kind, name }) => (kind === 'signal' ? [name] : [])))
  const rows = steps.map((step): readonly Cell[] => [
    step.name,
    step.kind,
    wholeSeconds(step.at),
    clipped(leftBy(step, step.kind === 'wait' && come.has(step.name) ? undefined : now), 120),
  ])
  return table(page, ['STEP', 'KIND', 'WRITTEN', 'LEFT'], rows)
}

const wholeSeconds = (instant: string): string => instant.replace(/\.\d+Z$/, 'Z')

/** @param now undefined where nobody waits for its end any more */
function leftBy({ error, value, bytes, key, until, isLate, of }: StepView, now: number | undefined): string {
  if (error !== undefined) return errorText(error)
  if (isLate === true) return 'none came in time'
  if (until !== undefined) {
    const end = unbroken(`until ${wholeSeconds(until)}`)
    return now === undefined ? end : `${end}, ${unbroken(whenText(until, now))}`
  }
  if (bytes !== undefined) return `${sizeText(bytes)} in the bucket: ${key ?? 'where a later release has put it'}`
  if (of !== undefined && value === undefined) return `${of} jobs`
  return value === undefined ? '' : jsonText(value)
}

const sizeText = (bytes: number): string => unbroken(`${Math.ceil(bytes / 1_024)} KB`)

export function childrenText(page: Page, { id, groups, children, next }: Children): string {
  if (groups.length === 0) return paragraph(page, `${id} has no children.`)
  const counts = groups.map(({ name, of, left }) => `${left} of ${of} of '${name}' are left`).join('; ')
  const rows = children.map((child): readonly Cell[] => [
    child.group,
    String(child.index),
    child.id,
    child.state ?? 'not there',
    clipped(leftByChild(child), 80),
  ])
  const more = next === undefined ? '' : `\nMore: --cursor ${next}`
  return `${paragraph(page, `${counts}.`)}\n\n${table(page, ['GROUP', 'PLACE', 'JOB', 'STATE', 'LEFT'], rows)}${more}`
}

const leftByChild = ({ result, error }: ChildView): string =>
  error === undefined && result !== undefined ? JSON.stringify(result) : errorText(error)

function runsText(page: Page, { runs, history, isComplete }: JobRuns): string {
  const rows = runs.map((run): readonly Cell[] => [
    run.generation > 1 ? `${run.generation}.${run.attempt}` : String(run.attempt),
    outcomeCell(run),
    run.endedAt === undefined ? '–' : wholeSeconds(run.endedAt),
    run.runMs === undefined ? '–' : unbroken(spokenMs(run.runMs)),
    clipped(errorText(run.error), 120),
  ])
  const shown = table(page, ['RUN', 'OUTCOME', 'ENDED', 'TOOK', 'ERROR'], rows)
  const kept = history === 'failed' ? 'Runs that completed at once are not kept (history: failed).' : ''
  const more = isComplete ? '' : 'There are more runs.'
  const note = [kept, more].filter(text => text !== '').join(' ')
  return note === '' ? shown : `${shown}\n${toned(page, 'dim', paragraph(page, note))}`
}

const outcomeTones: Readonly<Partial<Record<string, Tone>>> = {
  completed: 'green',
  failed: 'red',
  crashed: 'red',
  retried: 'yellow',
}

function outcomeCell({ outcome }: RunView): Cell {
  const tone = outcomeTones[outcome]
  return tone === undefined ? outcome : { text: outcome, tone }
}
