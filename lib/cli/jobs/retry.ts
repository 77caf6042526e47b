/** `jobs retry`. */
import { pathOf } from '../api.ts'
import type { Command } from '../command.ts'
import { resolvedId } from '../shown-ids.ts'
import { jsonIn } from '../words.ts'
import { done, type Placed, timeFrom, timeOptions } from './act.ts'
import { jobArgument } from './show.ts'

export const jobsRetry: Command = {
  name: 'jobs retry',
  summary: 'run a job that has ended again',
  details: 'Runs a job that has ended again, with all its attempts. It keeps its id.',
  arguments: jobArgument,
  options: [...timeOptions, { flags: '--input <json>', description: 'another input: JSON, @file, or - for stdin' }],
  examples: ['lamplighter jobs retry 3f2a91', `lamplighter jobs retry 3f2a91 --input '{"to":"b@example.org"}'`],
  async run(call) {
    const { api, given, terminal, named } = call
    const input = given['input'] === undefined ? {} : { input: jsonIn('--input', given['input'], terminal) }
    const again = { ...timeFrom(given), ...input }
    const id = await resolvedId(call, named['id'] ?? '')
    const { body } = await api.request<Placed>('POST', pathOf`/v1/jobs/${id}/retry`, { body: again })
    return done(body, `${id} is ${body.state}.`)
  },
}
