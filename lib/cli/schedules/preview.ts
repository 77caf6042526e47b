import { whenFrom } from '../../core/schedule/check-when.ts'
import { anchoredWhen } from '../../core/schedule/definition.ts'
import { localInstantIn } from '../../core/schedule/local-instant.ts'
import type { When } from '../../core/schedule/next.ts'
import { preview } from '../../core/schedule/preview.ts'
import { zoneIn } from '../../core/schedule/time-zone.ts'
import type { Command, Given, OptionSpec, Outcome } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { countIn } from '../words.ts'
import { previewText } from './preview-text.ts'

const defaultCount = 5
const maxCount = 1_000

/** Options that say when a schedule is due. */
export const timeOptions: readonly OptionSpec[] = [
  { flags: '--cron <expression>', description: "5 fields, or 6 with the second first: '30 2 * * MON-FRI'" },
  { flags: '--every <duration>', description: 'elapsed time between two occurrences, 1s to 366d: 15m' },
  { flags: '--at <instant>', description: 'once, at this instant: 2027-01-01T00:00:00Z' },
  { flags: '--tz <zone>', description: "time zone, such as Europe/Berlin or +05:30 (default: 'UTC')" },
  { flags: '--gap <rule>', description: 'a time that a clock change skips, with --cron: next or skip' },
  { flags: '--repeat <rule>', description: 'a time that comes twice, with --cron: first, second or both' },
]

export const schedulesPreview: Command = {
  name: 'schedules preview',
  summary: 'show when a schedule is due, with what clock changes do to it',
  details: 'Shows when a schedule is due, with what clock changes do to it. Needs no deployment and no project.',
  options: [
    ...timeOptions,
    { flags: '--anchor <instant>', description: 'what --every counts from (default: --from, cut to the minute)' },
    { flags: '--from <time>', description: 'first day, local time or instant to look at (default: now)' },
    { flags: '-n, --count <number>', description: `occurrences, 1 to ${maxCount} (default: ${defaultCount})` },
  ],
  examples: [
    "lamplighter schedules preview --cron '30 2 * * *' --tz Europe/Berlin -n 3",
    'lamplighter schedules preview --every 15m --anchor 2027-01-01T00:05:00Z -n 3',
  ],
  async run({ given, terminal }) {
    return outcomeOf(given, terminal)
  },
}

function outcomeOf(given: Given, terminal: Terminal): Outcome {
  const timezone = zoneIn('--tz', given['tz'] ?? 'UTC')
  const count = countIn('--count', given['count'] ?? String(defaultCount), maxCount)
  const from = given['from'] === undefined ? terminal.now() : localInstantIn('--from', given['from'], timezone)
  const when = whenOf(given, timezone, from)
  const rows = preview({ when, timezone }, from, count)
  return { exit: 'done', json: rows, text: page => previewText(page, { when, timezone, from, rows }) }
}

/** @throws InvalidInput naming the option as it is typed */
function whenOf({ cron, every, at, gap, repeat, anchor }: Given, timezone: string, from: number): When {
  // Their own checks tell what is wrong with a value; the types are for those who write code.
  const options = { cron, every, at, gap, repeat, anchor } as Parameters<typeof whenFrom>[1]
  const when = whenFrom(option => (option === undefined ? 'the schedule' : `--${option}`), options, timezone)
  return anchoredWhen(when, from)
}
