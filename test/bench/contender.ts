/** A contender runs in a process of its own, so that its CPU time and its memory are its own. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a contender can do. */
export interface Contender {
  /** Adds so many jobs; each is durable when it resolves. */
  enqueue(jobs: number): Promise<void>
  /** Takes, runs and completes so many jobs, which wait already. */
  process(jobs: number): Promise<void>
  close(): Promise<void>
}

export type ContenderName = 'floor' | 'lamplighter' | 'bullmq' | 'pg-boss' | 'graphile-worker'

/** Sent to the process. */
export type Order = { readonly work: 'enqueue' | 'process' | 'close'; readonly jobs: number }

/** Answered by the process. */
export type Report =
  | { readonly kind: 'measured'; readonly milliseconds: number; readonly cpuMicroseconds: number }
  | { readonly kind: 'failed'; readonly error: string }

/** One piece of work, measured. */
export interface Measurement {
  readonly jobsPerSecond: number
  /** Of the contender's own process, user and system. */
  readonly cpuPerJob: number
}

export interface RunningContender {
  readonly name: ContenderName
  measure(work: 'enqueue' | 'process', jobs: number): Promise<Measurement>
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('contender-process.ts', import.meta.url))

export async function startContender(
  name: ContenderName,
  environment: Readonly<Record<string, string>>,
): Promise<RunningContender> {
  // What it logs is written, as in the cloud, but to nowhere.
  const child = fork(program, [name], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit').then(([code]): Report => ({ kind: 'failed', error: `exit code ${String(code)}` }))
  await reportOf(child, gone)
  return {
    name,
    async measure(work, jobs) {
      child.send({ work, jobs } satisfies Order)
      const { milliseconds, cpuMicroseconds } = await reportOf(child, gone)
      return { jobsPerSecond: (jobs * 1_000) / milliseconds, cpuPerJob: cpuMicroseconds / jobs }
    },
    async stop() {
      child.send({ work: 'close', jobs: 0 } satisfies Order)
      await gone
    },
  }
}

async function reportOf(child: ChildProcess, gone: Promise<Report>): Promise<Extract<Report, { kind: 'measured' }>> {
  const report = await new Promise<Report>(resolve => {
    child.once('message', message => resolve(message as Report))
    void gone.then(resolve)
  })
  if (report.kind === 'failed') throw new Error(`a contender failed: ${report.error}`)
  return report
}
