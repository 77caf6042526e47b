/** `jobs children`: the jobs that a job waits for, or those of a batch. */
import type { Children } from '../../client/lookup.ts'
import { pathOf } from '../api.ts'
import type { Command } from '../command.ts'
import { rememberIds, resolvedId } from '../shown-ids.ts'
import { childrenText } from './job-text.ts'
import { jobArgument } from './show.ts'

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
