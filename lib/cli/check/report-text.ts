import { relative } from 'node:path'
import { formatMs } from '../../core/values/duration.ts'
import { type Cell, type Page, paragraph, table, toned } from '../render.ts'
import type { CheckReport, JobReport } from './report.ts'

/** The report as a person reads it. @param folder the paths are shown from there */
export function reportText(page: Page, report: CheckReport, folder: string): string {
  const { queues, jobs, bundles } = report
  const files = [
    ['Runner', shownPath(folder, report.runner)],
    ['Handlers', shownPath(folder, report.handlers)],
  ]
  const queueRows = queues.map(queue => [
    queue.name,
    String(queue.concurrency),
    String(queue.batchSize),
    formatMs(queue.functionTimeoutMs),
  ])
  const jobRows = jobs.map(job => [
    job.type,
    job.queue,
    handlerCell(job),
    formatMs(job.timeoutMs),
    String(job.maxAttempts),
  ])
  const bundleRows = bundles.map(({ name, bytes }) => [name, `${(bytes / 1024).toFixed(0)} KB`])
  return [
    table(page, [], files),
    ...section(page, ['QUEUE', 'CONCURRENCY', 'BATCH', 'WORKER TIMEOUT'], queueRows),
    ...section(page, ['JOB', 'QUEUE', 'HANDLER', 'TIMEOUT', 'ATTEMPTS'], jobRows),
    ...section(page, ['FUNCTION', 'BUNDLE'], bundleRows),
    verdict(page, report),
  ].join('\n\n')
}

const section = (page: Page, header: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] =>
  rows.length === 0 ? [] : [table(page, header, rows)]

function handlerCell({ hasHandler }: JobReport): Cell {
  if (hasHandler === null) return { text: 'unknown', tone: 'yellow' }
  return hasHandler ? 'yes' : { text: 'no', tone: 'red' }
}

/** Paths of another drive or far away are clearer whole. */
function shownPath(folder: string, path: string): string {
  const short = relative(folder, path)
  return short.length < path.length ? short : path
}

function verdict(page: Page, { problems, warnings }: CheckReport): string {
  const end =
    problems.length === 0
      ? toned(page, 'green', paragraph(page, 'This would deploy.'))
      : toned(page, 'red', paragraph(page, 'This would not deploy:'))
  return [
    ...warnings.map(text => toned(page, 'yellow', paragraph(page, `Warning: ${text}`))),
    [end, ...problems.map(text => paragraph(page, text))].join('\n'),
  ].join('\n\n')
}
