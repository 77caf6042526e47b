import { isTerminal, type Job } from '../../lib/core/job/job.ts'
import type { StateChange } from '../../lib/dev/terminal/state-change.ts'
import type { SampleJob } from './sample-jobs.ts'

/** Follows the sample jobs to their ends. Changes may come before it is known which jobs the samples are. */
export class SampleWatch {
  readonly #ended = new Map<string, Job>()
  #wake: () => void = () => {}

  see({ after }: StateChange): void {
    if (!isTerminal(after.state)) return
    this.#ended.set(after.id, after)
    this.#wake()
  }

  /**
   * Waits until all have ended, or the time is up.
   * @returns what did not go as expected, a line each; empty when all did
   */
  async faults(samples: readonly SampleJob[], ids: readonly string[], limitMs: number): Promise<readonly string[]> {
    const late = new AbortController()
    const timer = setTimeout(() => {
      late.abort()
      this.#wake()
    }, limitMs)
    while (!late.signal.aborted && !ids.every(id => this.#ended.has(id))) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    clearTimeout(timer)
    return samples.flatMap((sample, index) =>
      faultOf(sample, ids[index] ?? '', this.#ended.get(ids[index] ?? ''), limitMs),
    )
  }
}

function faultOf(
  { request, endState, attempts }: SampleJob,
  id: string,
  job: Job | undefined,
  limitMs: number,
): string[] {
  const name = `${request.type} ${id}`
  if (job === undefined) return [`${name} did not end within ${limitMs / 1_000} s; expected ${endState}`]
  if (job.state === endState && job.attempt === attempts) return []
  return [`${name} ended ${job.state} at attempt ${job.attempt}; expected ${endState} at attempt ${attempts}`]
}
