/** Acts on many jobs: asked for, started, and followed to their end. */

import type { BulkView } from '../client/bulk.ts'
import { spokenMs } from '../core/values/duration.ts'
import { InvalidInput } from '../core/values/errors.ts'
import { pathOf } from './api.ts'
import type { Call, OptionSpec, Outcome } from './command.ts'
import { type Page, paragraph, toned } from './render.ts'
import { confirmed, counted, countIn } from './words.ts'

export const bulkOptions: readonly OptionSpec[] = [
  { flags: '--rate <number>', description: 'jobs a second, 1 to 1000 (default: 50)' },
  { flags: '--detach', description: 'do not follow it to its end; bulk show does' },
  { flags: '--yes', description: 'do not ask' },
]

export const rateFrom = ({ given }: Call): { readonly rate?: number } =>
  given['rate'] === undefined ? {} : { rate: countIn('--rate', given['rate'], 1_000) }

export interface BulkStart {
  /** `/v1/bulk`, or that of a backfill. */
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** How many are meant, where it is known. */
  readonly total?: number
}

/** Starts it, and follows it unless `--detach` is given. */
export async function startedBulk(call: Call, { path, body, total }: BulkStart): Promise<Outcome> {
  const { body: made } = await call.api.request<BulkView>('POST', path, { body: { ...body, ...rateFrom(call) } })
  if (call.flags.has('detach')) {
    return {
      exit: 'done',
      json: made,
      text: page => paragraph(page, `Started ${made.id}: lamplighter bulk show ${made.id}`),
    }
  }
  const ended = await followedBulk(call, made, total)
  return endedOutcome(ended)
}

/** Whether somebody who can be asked says yes. @throws InvalidInput before anything is counted where nobody can */
export async function confirmedMany(call: Call, question: () => Promise<string>): Promise<boolean> {
  const { terminal, flags } = call
  if (flags.has('yes')) return true
  if (terminal.ask === undefined) {
    throw new InvalidInput('--yes', undefined, '--yes, where nobody can be asked', 'is absent')
  }
  return confirmed(terminal, flags, await question())
}

export const aboutText = (count: number, rate = 50): string =>
  `at ${rate}/s, for about ${spokenMs((count / rate) * 1_000)}`

const firstWaitMs = 300
const longestWaitMs = 2_000

/** The act once it has ended, one way or the other. How far it is stands on stderr. */
export async function followedBulk(call: Call, started: BulkView, total: number | undefined): Promise<BulkView> {
  const { api, terminal, isJson } = call
  const isRewritten = terminal.stderr.hasColors
  let [bulk, waitMs, last] = [started, firstWaitMs, '']
  while (!hasEnded(bulk)) {
    await terminal.wait(waitMs)
    waitMs = Math.min(waitMs * 1.3, longestWaitMs)
    bulk = (await api.request<BulkView>('GET', pathOf`/v1/bulk/${started.id}`)).body
    const line = `  ${progressText(bulk, total)}`
    if (!isJson && line !== last) terminal.stderr.write(isRewritten ? `\r\u{1b}[K${line}` : `${line}\n`)
    last = line
  }
  if (isRewritten && !isJson && last !== '') terminal.stderr.write('\n')
  return bulk
}

/** Its job may be gone, or end without a word of the act itself. */
const hasEnded = ({ endedAt, state }: BulkView): boolean =>
  endedAt !== undefined || state === undefined || ['FAILED', 'CANCELLED', 'COMPLETED'].includes(state)

const refusedIn = ({ counts }: BulkView): number => Object.values(counts.refused).reduce((sum, one) => sum + one, 0)
const number = (count: number): string => count.toLocaleString('en-US')

function progressText(bulk: BulkView, total: number | undefined): string {
  const { done, already, gone } = bulk.counts
  const handled = done + already + gone + refusedIn(bulk)
  return [
    total === undefined ? number(handled) : `${number(handled)} of ${number(total)}`,
    `${number(done)} done`,
    ...(already > 0 ? [`${number(already)} already`] : []),
    ...(gone > 0 ? [`${number(gone)} gone`] : []),
    ...(refusedIn(bulk) > 0 ? [`${number(refusedIn(bulk))} refused`] : []),
  ].join(' · ')
}

export function bulkText(page: Page, bulk: BulkView): string {
  const { action, counts, refusedIds, state, endedAt } = bulk
  const isRunning = endedAt === undefined && state !== undefined && !hasEnded(bulk)
  const how = isRunning ? 'runs' : state === 'COMPLETED' ? 'is done' : `ended ${state ?? 'without its job'}`
  const lines = [
    toned(page, 'bold', paragraph(page, `${action} ${bulk.id} ${how}`)),
    paragraph(page, `  ${counted(counts.matched, 'job')} matched: ${progressText(bulk, undefined)}`),
    ...Object.entries(counts.refused).map(([why, count]) => paragraph(page, `  refused ${number(count)}: ${why}`)),
    ...(refusedIds.length === 0 ? [] : [toned(page, 'dim', paragraph(page, `  ${refusedIds.join(' ')}`))]),
  ]
  return lines.join('\n')
}

/** Not done as asked where some were refused, or where it did not come to its end. */
function endedOutcome(bulk: BulkView): Outcome {
  const isDone = bulk.state === 'COMPLETED' && refusedIn(bulk) === 0
  return { exit: isDone ? 'done' : 'notPossible', json: bulk, text: page => bulkText(page, bulk) }
}
