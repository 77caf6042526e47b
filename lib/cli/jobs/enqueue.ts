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
}

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
    { flags: '--wait', description: 'follow it to its end' },
  ],
  examples: [
    `lamplighter enqueue send-mail '{"to":"a@example.org"}'`,
    'lamplighter enqueue import --input @rows.json --key import-42 --wait',
  ],
  async run(call) {
    const { api, given, flags, named } = call
    const body = { type: named['type'], input: inputOf(call), ...timeFrom(given), ...optionsFrom(given) }
    const headers = given['key'] === undefined ? {} : { 'idempotency-key': given['key'] }
    const { body: made } = await api.request<Enqueued>('POST', '/v1/jobs', { body, headers })
    await rememberIds(call, [made.id])
    const line = made.created ? `Enqueued ${made.id}.` : `${made.id} was there already: its key had made it.`
    if (!flags.has('wait')) return done(made, line)
    if (!call.isJson) call.terminal.stderr.write(`${paragraph(call.page, line)}\n`)
    const job = await followedJob(call, made.id)
    return {
      exit: job.state === 'COMPLETED' ? 'done' : 'notPossible',
      json: job,
      text: page => paragraph(page, endedText(job)),
    }
  },
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
