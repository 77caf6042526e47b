/** What people do with one job: cancel, run now, reschedule, delete. */
import type { JobView } from '../../client/lookup.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { pathOf } from '../api.ts'
import type { ArgumentSpec, Command, Given, OptionSpec, Outcome } from '../command.ts'
import { paragraph } from '../render.ts'
import { resolvedId } from '../shown-ids.ts'
import { confirmed } from '../words.ts'
import { actOnMany, isForMany, manyOptions } from './many.ts'
import { jobArgument } from './show.ts'

export const oneOrMany: readonly ArgumentSpec[] = jobArgument.map(one => ({ ...one, isOptional: true }))

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
  summary: 'cancel a job, or all that match',
  details:
    'Cancels a job, or all that match. A waiting job ends at once; a running one is asked to stop, and no attempt follows.',
  arguments: oneOrMany,
  options: [
    { flags: '--also-next', description: 'also the job that is to follow it under its unique key' },
    ...manyOptions,
  ],
  examples: ['lamplighter jobs cancel 3f2a91', 'lamplighter jobs cancel --queue mails --type digest'],
  async run(call) {
    const alsoNext = call.flags.has('alsoNext')
    if (isForMany(call)) {
      if (alsoNext) throw new InvalidInput('--also-next', 'given', 'the id of one job with it')
      return actOnMany(call, 'cancel')
    }
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<{ readonly outcome: string }>(
      'POST',
      pathOf`/v1/jobs/${id}/cancel`,
      alsoNext ? { body: { alsoNext } } : {},
    )
    const line =
      body.outcome === 'cancelled' ? `${id} is CANCELLED.` : `${id} was asked to stop: its signal aborts within 5 s.`
    return done(body, line)
  },
}

export const jobsRun: Command = {
  name: 'jobs run',
  summary: 'run a waiting job now, or all that match',
  details: 'Runs a waiting job now, whatever time it waits for; or all that match.',
  arguments: oneOrMany,
  options: manyOptions,
  examples: ['lamplighter jobs run 3f2a91', 'lamplighter jobs run --queue mails --state RETRY'],
  async run(call) {
    if (isForMany(call)) return actOnMany(call, 'run')
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<Placed>('POST', pathOf`/v1/jobs/${id}/run`)
    return done(body, `${id} is ${body.state}.`)
  },
}

export const jobsReschedule: Command = {
  name: 'jobs reschedule',
  summary: 'give a waiting job another time, or all that match',
  details: 'Gives a waiting job another time, or all that match: exactly one of --delay and --at.',
  arguments: oneOrMany,
  options: [...timeOptions, ...manyOptions],
  examples: [
    'lamplighter jobs reschedule 3f2a91 --delay 2h',
    'lamplighter jobs reschedule --type digest --at 2027-01-01T08:00:00Z',
  ],
  async run(call) {
    const when = timeFrom(call.given)
    if (Object.keys(when).length === 0)
      throw new InvalidInput('--delay', undefined, 'one of --delay and --at', 'is absent')
    if (isForMany(call)) return actOnMany(call, 'reschedule', when)
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<Placed>('POST', pathOf`/v1/jobs/${id}/reschedule`, { body: when })
    return done(body, `${id} is ${body.state}.`)
  },
}

export const jobsDelete: Command = {
  name: 'jobs delete',
  summary: 'delete a job, or all that match',
  details:
    'Deletes a job for good, or all that match: then --phase or --state is needed. Not while a job runs, and not within ' +
    'five minutes of its enqueue.',
  arguments: oneOrMany,
  options: [{ flags: '--yes', description: 'do not ask' }, ...manyOptions.filter(({ flags }) => flags !== '--yes')],
  examples: ['lamplighter jobs delete 3f2a91', 'lamplighter jobs delete --phase cancelled --to 30d --yes'],
  async run(call) {
    if (isForMany(call)) return actOnMany(call, 'delete')
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
