/** What people do with one job: cancel, run now, reschedule, delete. */
import type { JobView } from '../../client/lookup.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { pathOf } from '../api.ts'
import type { Command, Given, OptionSpec, Outcome } from '../command.ts'
import { paragraph } from '../render.ts'
import { resolvedId } from '../shown-ids.ts'
import { confirmed } from '../words.ts'
import { jobArgument } from './show.ts'

export const timeOptions: readonly OptionSpec[] = [
  { flags: '--delay <duration>', description: 'so long from now: 5m, 2h, 3d' },
  { flags: '--at <instant>', description: 'at this instant: 2027-01-01T00:00:00Z' },
]

/** As the API takes it. */
export function timeFrom({ delay, at }: Given): { readonly delay?: string; readonly runAt?: string } {
  if (delay !== undefined && at !== undefined) throw new InvalidInput('--at', at, 'one of --delay and --at')
  return { ...(delay === undefined ? {} : { delay }), ...(at === undefined ? {} : { runAt: at }) }
}

export interface Placed {
  readonly id: string
  readonly state: string
}

export const done = (json: unknown, line: string): Outcome => ({
  exit: 'done',
  json,
  text: page => paragraph(page, line),
})

export const jobsCancel: Command = {
  name: 'jobs cancel',
  summary: 'cancel a job',
  details: 'Cancels a job. A waiting job ends at once; a running one is asked to stop, and no attempt follows.',
  arguments: jobArgument,
  options: [],
  examples: ['lamplighter jobs cancel 3f2a91'],
  async run(call) {
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<{ readonly outcome: string }>('POST', pathOf`/v1/jobs/${id}/cancel`)
    const line =
      body.outcome === 'cancelled' ? `${id} is CANCELLED.` : `${id} was asked to stop: its signal aborts within 5 s.`
    return done(body, line)
  },
}

export const jobsRun: Command = {
  name: 'jobs run',
  summary: 'run a waiting job now',
  details: 'Runs a waiting job now, whatever time it waits for.',
  arguments: jobArgument,
  options: [],
  examples: ['lamplighter jobs run 3f2a91'],
  async run(call) {
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<Placed>('POST', pathOf`/v1/jobs/${id}/run`)
    return done(body, `${id} is ${body.state}.`)
  },
}

export const jobsReschedule: Command = {
  name: 'jobs reschedule',
  summary: 'give a waiting job another time',
  details: 'Gives a waiting job another time: exactly one of --delay and --at.',
  arguments: jobArgument,
  options: timeOptions,
  examples: ['lamplighter jobs reschedule 3f2a91 --delay 2h'],
  async run(call) {
    const when = timeFrom(call.given)
    if (Object.keys(when).length === 0)
      throw new InvalidInput('--delay', undefined, 'one of --delay and --at', 'is absent')
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<Placed>('POST', pathOf`/v1/jobs/${id}/reschedule`, { body: when })
    return done(body, `${id} is ${body.state}.`)
  },
}

export const jobsDelete: Command = {
  name: 'jobs delete',
  summary: 'delete a job',
  details: 'Deletes a job for good. Not while it runs, and not within five minutes of its enqueue.',
  arguments: jobArgument,
  options: [{ flags: '--yes', description: 'do not ask' }],
  examples: ['lamplighter jobs delete 3f2a91', 'lamplighter jobs delete 3f2a91 --yes'],
  async run(call) {
    const { api, terminal, flags } = call
    const id = await resolvedId(call, call.named['id'] ?? '')
    const path = pathOf`/v1/jobs/${id}`
    if (!flags.has('yes')) {
      const { body: job } = await api.request<JobView>('GET', path)
      if (!(await confirmed(terminal, flags, `Delete ${job.type} ${id}, which is ${job.state}?`))) {
        return {
          exit: 'notPossible',
          json: { id, deleted: false },
          text: page => paragraph(page, 'Nothing was deleted.'),
        }
      }
    }
    await api.request('DELETE', path)
    return done({ id, deleted: true }, `${id} is deleted.`)
  },
}
