/** `jobs steps` and `jobs signal`: what a handler has done so far, and what it waits for. */
import type { Children, JobSteps } from '../../client/lookup.ts'
import { pathOf } from '../api.ts'
import type { ArgumentSpec, Command } from '../command.ts'
import { paragraph } from '../render.ts'
import { rememberIds, resolvedId } from '../shown-ids.ts'
import { jsonIn } from '../words.ts'
import { done } from './act.ts'
import { childrenText, stepsText } from './job-text.ts'
import { jobArgument } from './show.ts'

export const jobsSteps: Command = {
  name: 'jobs steps',
  summary: 'list what the handler of a job has done so far',
  details: 'Lists the steps, sleeps, waits and signals of a job, in the order in which they were written.',
  arguments: jobArgument,
  options: [],
  examples: ['lamplighter jobs steps 3f2a91', 'lamplighter jobs steps 3f2a91 --json'],
  async run(call) {
    const { api, terminal, named } = call
    const id = await resolvedId(call, named['id'] ?? '')
    const { body } = await api.request<JobSteps>('GET', pathOf`/v1/jobs/${id}/steps`)
    await rememberIds(call, [body.id])
    return {
      exit: 'done',
      json: body,
      text: page =>
        body.steps.length === 0
          ? paragraph(page, `${body.id} has done no step yet.`)
          : stepsText(page, body, terminal.now()),
    }
  },
}

const signalArguments: readonly ArgumentSpec[] = [
  ...jobArgument,
  { name: 'name', description: 'what the handler waits for: approved' },
  { name: 'value', description: 'what it gets: JSON, @file, or - for stdin (default: null)', isOptional: true },
]

export const jobsSignal: Command = {
  name: 'jobs signal',
  summary: 'send a job what its handler waits for',
  details:
    'Sends a job what its handler waits for, now or later. The first signal under a name counts; sent again, it does no ' +
    'harm.',
  arguments: signalArguments,
  options: [],
  examples: [
    `lamplighter jobs signal 3f2a91 approved '{"by":"ann","granted":true}'`,
    'lamplighter jobs signal 3f2a91 paid --json',
  ],
  async run(call) {
    const { api, named, terminal } = call
    const id = await resolvedId(call, named['id'] ?? '')
    const [name = '', text] = [named['name'], named['value']]
    const sent = text === undefined ? {} : { body: { value: jsonIn('value', text, terminal) } }
    const path = pathOf`/v1/jobs/${id}/signals/${name}`
    const { body } = await api.request<{ readonly id: string; readonly outcome: string }>('POST', path, sent)
    const line =
      body.outcome === 'already'
        ? `${id} has '${name}' already, or its time was up: what came first stays.`
        : `${id} has the signal '${name}'.`
    return done(body, line)
  },
}

export const jobsChildren: Command = {
  name: 'jobs children',
  summary: 'list the jobs that a job waits for, or those of a batch',
  details:
    'Lists the jobs that a job waits for, or has waited for, and those of a batch: by their places, with what they left.',
  arguments: jobArgument,
  options: [
    { flags: '--limit <number>', description: 'how many, 1 to 100 (default: 100)' },
    { flags: '--cursor <text>', description: 'where the page before ended' },
  ],
  examples: ['lamplighter jobs children 3f2a91', 'lamplighter jobs children 3f2a91 --json'],
  async run(call) {
    const { api, named, given } = call
    const id = await resolvedId(call, named['id'] ?? '')
    const { limit, cursor } = given
    const path = pathOf`/v1/jobs/${id}/children`
    const { body } = await api.request<Children>('GET', path, { query: { limit, cursor } })
    await rememberIds(
      call,
      body.children.map(child => child.id),
    )
    return { exit: 'done', json: body, text: page => childrenText(page, body) }
  },
}
