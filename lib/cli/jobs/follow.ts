/** Follows a job to its end. */
import type { JobView } from '../../client/lookup.ts'
import { isTerminal } from '../../core/job/job.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { pathOf } from '../api.ts'
import type { Call } from '../command.ts'
import { clipped, paragraph, toned } from '../render.ts'
import { whenText } from '../words.ts'
import { chargedOf, errorText } from './job-text.ts'

const firstWaitMs = 200
const longestWaitMs = 2_000
/** A service that does not answer for so long is given up. */
const maxFailures = 10
const maxErrorColumns = 200

/**
 * The job once it has ended, in this generation of its id or a later one. What happens to it until then stands on stderr, a line each; nothing where programs read.
 * @throws what the API refuses; Unavailable after ten tries in a row
 */
export async function followedJob(call: Call, id: string, generation = 1): Promise<JobView> {
  const { api, terminal, isJson, page } = call
  let [last, waitMs, failures] = ['', firstWaitMs, 0]
  for (;;) {
    try {
      const { body } = await api.request<JobView>('GET', pathOf`/v1/jobs/${id}`)
      // Nothing follows where somebody has called it off.
      const isLast = body.generation >= generation || body.next === undefined
      if (isTerminal(body.state) && isLast) return body
      const line = lineOf(body, terminal.now())
      if (!isJson && line !== last) terminal.stderr.write(`${toned(page, 'dim', paragraph(page, line))}\n`)
      waitMs = line === last ? Math.min(waitMs * 1.5, longestWaitMs) : firstWaitMs
      ;[last, failures] = [line, 0]
    } catch (error) {
      failures += 1
      if (!(error instanceof Unavailable) || failures >= maxFailures) throw error
    }
    await terminal.wait(waitMs)
  }
}

function lineOf(job: JobView, now: number): string {
  const { state, maxAttempts, progress, scheduledAt, error } = job
  const attempt = chargedOf(job)
  switch (state) {
    case 'IN_PROGRESS':
      return `IN_PROGRESS  attempt ${attempt} of ${maxAttempts}${progress === undefined ? '' : `, ${progress} %`}`
    case 'RETRY':
      return `RETRY  after attempt ${attempt}: ${clipped(errorText(error), maxErrorColumns)}; again at ${scheduledAt}`
    case 'SCHEDULED':
      return `SCHEDULED  ${Date.parse(scheduledAt) > now ? `at ${scheduledAt}` : 'due'}`
    default:
      return state
  }
}

/** A line that says how a job ended, and its result or error. */
export function endedText({ id, state, insertedAt, finishedAt, error, code, result }: JobView): string {
  const took =
    finishedAt === undefined
      ? ''
      : ` ${whenText(insertedAt, Date.parse(finishedAt)).replace(/ ago$/, '')} after its enqueue`
  const why = error === undefined ? (code ?? '') : errorText(error)
  const head = `${id} is ${state}${took}${why === '' ? '.' : `: ${why}`}`
  return result === undefined ? head : `${head}\n${JSON.stringify(result, null, 2)}`
}
