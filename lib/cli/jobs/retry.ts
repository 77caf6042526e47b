/** `jobs retry`. */
import { InvalidInput } from '../../core/values/errors.ts'
import { pathOf } from '../api.ts'
import type { Command } from '../command.ts'
import { resolvedId } from '../shown-ids.ts'
import { jsonIn } from '../words.ts'
import { done, oneOrMany, type Placed, timeFrom, timeOptions } from './act.ts'
import { actOnMany, isForMany, manyOptions } from './many.ts'

export const jobsRetry: Command = {
  name: 'jobs retry',
  summary: 'run a job that has ended again, or all that match',
  details:
    'Runs a job that has ended again, with all its attempts; it keeps its id. Or all that match: failed ones, unless ' +
    '--phase or --state says otherwise.',
  arguments: oneOrMany,
  options: [
    ...timeOptions,
    { flags: '--input <json>', description: 'another input: JSON, @file, or - for stdin' },
    ...manyOptions,
  ],
  examples: [
    'lamplighter jobs retry 3f2a91',
    `lamplighter jobs retry 3f2a91 --input '{"to":"b@example.org"}'`,
    "lamplighter jobs retry --queue mails --why 'TimeoutError#9c1f22ab'",
  ],
  async run(call) {
    const { api, given, terminal, named } = call
    const input = given['input'] === undefined ? {} : { input: jsonIn('--input', given['input'], terminal) }
    const again = { ...timeFrom(given), ...input }
    if (isForMany(call)) {
      if ('input' in again) throw new InvalidInput('--input', given['input'], 'the id of one job', 'is given for many')
      return actOnMany(call, 'retry', again)
    }
    const id = await resolvedId(call, named['id'] ?? '')
    const { body } = await api.request<Placed>('POST', pathOf`/v1/jobs/${id}/retry`, { body: again })
    return done(body, `${id} is ${body.state}.`)
  },
}
