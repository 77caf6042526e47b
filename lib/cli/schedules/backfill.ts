/** `schedules backfill`. */
import { InvalidInput } from '../../core/values/errors.ts'
import { pathOf } from '../api.ts'
import { bulkOptions, confirmedMany, startedBulk } from '../bulk-act.ts'
import type { Command } from '../command.ts'
import { paragraph } from '../render.ts'
import { instantFrom } from '../words.ts'

export const schedulesBackfill: Command = {
  name: 'schedules backfill',
  summary: 'enqueue the occurrences of a stretch of the past',
  details:
    'Enqueues the occurrences of a schedule from one instant to another, 10,000 at most. Those that have a job are left ' +
    'alone, unless --again is given.',
  arguments: [{ name: 'name', description: 'name of the schedule' }],
  options: [
    { flags: '--from <time>', description: 'the first instant, or so long ago: 2027-01-01T00:00:00Z, 7d' },
    { flags: '--to <time>', description: 'the last instant, or so long ago (default: now)' },
    { flags: '--again', description: 'occurrences that have a job get a second one' },
    ...bulkOptions,
  ],
  examples: [
    'lamplighter schedules backfill daily-report --from 7d',
    'lamplighter schedules backfill digest --from 7d --yes',
  ],
  async run(call) {
    const {
      given,
      flags,
      terminal,
      named: { name = '' },
    } = call
    const now = terminal.now()
    if (given['from'] === undefined) throw new InvalidInput('--from', undefined, 'an instant, or 7d', 'is absent')
    const from = instantFrom('--from', given['from'], now)
    const to = instantFrom('--to', given['to'] ?? new Date(now).toISOString(), now)
    const isWanted = await confirmedMany(call, async () => `Enqueue the occurrences of ${name} from ${from} to ${to}?`)
    if (!isWanted) {
      return { exit: 'notPossible', json: { started: false }, text: page => paragraph(page, 'Nothing was done.') }
    }
    const body = { from, to, ...(flags.has('again') ? { again: true } : {}) }
    return startedBulk(call, { path: pathOf`/v1/schedules/${name}/backfill`, body })
  },
}
