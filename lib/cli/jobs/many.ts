/** What people do with every job that a filter matches. */
import type { BulkView } from '../../client/bulk.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { aboutText, bulkOptions, confirmedMany, followedBulk, rateFrom, startedBulk } from '../bulk-act.ts'
import type { Call, OptionSpec, Outcome } from '../command.ts'
import { paragraph } from '../render.ts'
import { counted, countIn } from '../words.ts'
import { filterFrom, filterOptions } from './filter-options.ts'

export const manyOptions: readonly OptionSpec[] = [
  ...filterOptions,
  { flags: '--all', description: 'all of the phase, without another filter' },
  { flags: '--max <number>', description: 'end after so many jobs (default: all that match)' },
  { flags: '--dry-run', description: 'count what matches, and do nothing' },
  ...bulkOptions,
].map(option => ({ ...option, group: 'Of all jobs that match, instead of an id' }))

const filterNames = ['queue', 'phase', 'state', 'type', 'tag', 'parked', 'why', 'from', 'to']

/** Whether a command line is for many jobs. @throws InvalidInput when it is for neither one nor many, or for both */
export function isForMany({ named, given, flags }: Call): boolean {
  const [filter] = filterNames.filter(name => given[name] !== undefined || flags.has(name))
  const isMany = filter !== undefined || flags.has('all')
  const { id } = named
  if (id !== undefined && isMany) {
    throw new InvalidInput('id', id, `an id, or --${filter ?? 'all'} for many`, 'is given with a filter')
  }
  if (id === undefined && !isMany) {
    throw new InvalidInput(
      'id',
      undefined,
      'the id of a job; or for many a filter such as --queue, or --all',
      'is absent',
    )
  }
  return isMany
}

/** @param more what the act is given, such as a time */
export async function actOnMany(call: Call, action: string, more: object = {}): Promise<Outcome> {
  const { given, flags } = call
  const max = given['max'] === undefined ? {} : { max: countIn('--max', given['max'], 10_000_000) }
  // Frozen, so that what was counted is what is meant.
  const { parked, ...texts } = filterFrom(call)
  const filter = { ...texts, ...(parked === undefined ? {} : { parked: true }) }
  const body = { action, filter, ...max, ...more }
  if (flags.has('dryRun')) return countOutcome(await matching(call, body))
  let total: number | undefined
  const isWanted = await confirmedMany(call, async () => {
    total = (await matching(call, body)).counts.matched
    const { rate } = rateFrom(call)
    return `${counted(total, 'job')} ${total === 1 ? 'matches' : 'match'}. ${titled(action)} them ${aboutText(total, rate)}?`
  })
  if (!isWanted) {
    return { exit: 'notPossible', json: { started: false }, text: page => paragraph(page, 'Nothing was done.') }
  }
  return startedBulk(call, { path: '/v1/bulk', body, ...(total === undefined ? {} : { total }) })
}

async function matching(call: Call, body: Readonly<Record<string, unknown>>): Promise<BulkView> {
  const { body: made } = await call.api.request<BulkView>('POST', '/v1/bulk', { body: { ...body, dryRun: true } })
  return followedBulk({ ...call, isJson: true }, made, undefined)
}

const countOutcome = (bulk: BulkView): Outcome => ({
  exit: 'done',
  json: bulk,
  text: page =>
    paragraph(page, `${counted(bulk.counts.matched, 'job')} ${bulk.counts.matched === 1 ? 'matches' : 'match'}.`),
})

const titled = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
