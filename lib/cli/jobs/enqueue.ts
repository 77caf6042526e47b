/** `enqueue`. */
import { InvalidInput } from '../../core/values/errors.ts'
import type { Call, Command, Given } from '../command.ts'
import { paragraph } from '../render.ts'
import { rememberIds } from '../shown-ids.ts'
import { jsonIn } from '../words.ts'
import { done, timeFrom, timeOptions } from './act.ts'
import { endedText, followedJob } from './follow.ts'

interface Enqueued {
  readonly id: string
  readonly state: string
  readonly created: boolean
  /** Of a unique job. */
  readonly action?: string
  readonly generation?: number
}

const uniqueOptions = [
  { flags: '--unique <key>', description: 'one job of the type with this key at a time (default: of its type)' },
  { flags: '--until <event>', description: 'unique until it is done, or until it has started: done, started' },
  { flags: '--window <duration>', description: 'one job in each such time, ended or not: 1h' },
  { flags: '--on-conflict <act>', description: 'what a second job does: return, refuse, replace, again' },
  { flags: '--max-wait <duration>', description: 'with replace: put off no longer than this: 5m' },
].map(option => ({ ...option, group: 'Unique jobs' }))

export const enqueue: Command = {
  name: 'enqueue',
  summary: 'enqueue a job, and follow it to its end with --wait',
  details:
    'Enqueues a job. With --wait it follows the job to its end, prints its result, and exits with 1 unless the job is ' +
    'COMPLETED.',
  arguments: [
    { name: 'type', description: 'a job type of the deployed code' },
    { name: 'input', description: 'its input: JSON, @file, or - for stdin (default: {})', isOptional: true },
  ],
  options: [
    { flags: '--input <json>', description: 'the same as the argument' },
    ...timeOptions,
    { flags: '--key <text>', description: 'idempotency key: the same type and key make one job' },
    { flags: '--tags <tags>', description: 'tags, separated by commas' },
    { flags: '--priority <number>', description: 'within a tick the lower goes first, -100 to 100 (default: 0)' },
    { flags: '--max-attempts <number>', description: 'starts before it fails for good (default: of its type)' },
    ...uniqueOptions,
    { flags: '--wait', description: 'follow it to its end' },
  ],
  examples: [
    `lamplighter enqueue send-mail '{"to":"a@example.org"}'`,
    'lamplighter enqueue import --input @rows.json --key import-42 --wait',
    'lamplighter enqueue reindex --unique a42 --delay 30s --on-conflict replace',
  ],
  async run(call) {
    const { api, given, flags, named } = call
    const body = {
      type: named['type'],
      input: inputOf(call),
      ...timeFrom(given),
      ...optionsFrom(given),
      ...uniqueFrom(given),
    }
    const headers = given['key'] === undefined ? {} : { 'idempotency-key': given['key'] }
    const { body: made } = await api.request<Enqueued>('POST', '/v1/jobs', { body, headers })
    await rememberIds(call, [made.id])
    const line = lineOf(made)
    if (!flags.has('wait')) return done(made, line)
    if (!call.isJson) call.terminal.stderr.write(`${paragraph(call.page, line)}\n`)
    const job = await followedJob(call, made.id, made.generation)
    return {
      exit: job.state === 'COMPLETED' ? 'done' : 'notPossible',
      json: job,
      text: page => paragraph(page, endedText(job)),
    }
  },
}

function lineOf({ id, created, action }: Enqueued): string {
  if (created) return `Enqueued ${id}.`
  if (action === 'replaced') return `${id} was waiting: it is this job now.`
  if (action === 'queuedBehind') return `${id} has started: this job follows it.`
  return `${id} was there already: its key had made it.`
}

/** The API checks what is given, and whether it goes together. */
function uniqueFrom({ unique: key, until, window, onConflict, maxWait }: Given): { readonly unique?: object } {
  const given = Object.entries({ key, until, window, onConflict, maxWait }).filter(([, value]) => value !== undefined)
  return given.length === 0 ? {} : { unique: Object.fromEntries(given) }
}

function inputOf({ named, given, terminal }: Call): unknown {
  const [argument, option] = [named['input'], given['input']]
  if (argument !== undefined && option !== undefined) {
    throw new InvalidInput('--input', option, 'the argument, or the option', 'is given twice')
  }
  const text = argument ?? option
  return text === undefined ? {} : jsonIn('input', text, terminal)
}

function optionsFrom({ tags, priority, maxAttempts }: Given): Readonly<Record<string, unknown>> {
  return {
    ...(tags === undefined ? {} : { tags: tags.split(',').map(tag => tag.trim()) }),
    ...(priority === undefined ? {} : { priority: numberIn('--priority', priority) }),
    ...(maxAttempts === undefined ? {} : { maxAttempts: numberIn('--max-attempts', maxAttempts) }),
  }
}

/** Its range is checked by the API. */
function numberIn(field: string, text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidInput(field, text, 'a whole number')
  return Number(text)
}
