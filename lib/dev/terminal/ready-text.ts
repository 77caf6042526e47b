import { spokenMs } from '../../core/values/duration.ts'
import { plain } from './text.ts'

/** What a stack is, when it is ready. */
export interface ReadyFacts {
  readonly version: string
  /** Of the project. */
  readonly name: string
  readonly jobs: number
  /** Relative to the project. */
  readonly files: { readonly runner: string; readonly handlers: readonly string[] }
  /** Name and concurrency. */
  readonly queues: readonly (readonly [name: string, concurrency: number])[]
  readonly schedules: { readonly count: number; readonly next?: { readonly name: string; readonly inMs: number } }
  readonly url: string
  /** Absent: the stack shows no pages. */
  readonly pageUrl?: string
  /** Debuggers: worker and port. */
  readonly debuggers: readonly (readonly [name: string, port: number])[]
  readonly envFile: string
}

/** Where the name of the project ends on the right. */
const width = 58

/** The lines that a person reads first; programs wait for the last one. */
export function readyText(facts: ReadyFacts): string {
  const title = `Lamplighter ${facts.version}`
  const { next, count } = facts.schedules
  const { runner, handlers } = facts.files
  const schedules = [String(count), ...(next === undefined ? [] : [`next: ${next.name} in ${spokenMs(next.inMs)}`])]
  const rows: readonly (readonly [name: string, text: string])[] = [
    ['Jobs', `${facts.jobs} in ${runner}, handlers in ${handlers.join(', ')}`],
    ['Queues', facts.queues.map(([name, concurrency]) => `${name} ×${concurrency}`).join('  ')],
    ['Schedules', schedules.join(', ')],
    ...facts.debuggers.map(([name, port]) => ['Debugger', `127.0.0.1:${port} of ${name}`] as const),
    ['API', facts.url],
    ...(facts.pageUrl === undefined ? [] : [['Dashboard', `${facts.pageUrl}   (o opens it)`] as const]),
    ['Your app', `node --env-file=${facts.envFile} server.js`],
  ]
  const name = plain(facts.name)
  return [
    `  ${title}${name.padStart(Math.max(width - title.length, name.length + 1))}`,
    ...rows.map(([label, text]) => `  ${label.padEnd(11)}${plain(text)}`),
    '',
  ].join('\n')
}
