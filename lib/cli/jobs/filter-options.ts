/** The options that say which jobs are meant: of lists, and of acts on many. */
import type { Call, OptionSpec } from '../command.ts'
import { instantFrom } from '../words.ts'

export const filterOptions: readonly OptionSpec[] = [
  { flags: '--queue <queue>', description: 'of this queue (default: all)' },
  { flags: '--phase <phase>', description: 'live, failed, completed or cancelled (default: live, or that of --state)' },
  { flags: '--state <state>', description: 'SCHEDULED, AVAILABLE, RESERVED, IN_PROGRESS, RETRY or an ended state' },
  { flags: '--type <type>', description: 'of this job type' },
  { flags: '--tag <tag>', description: 'that carry this tag' },
  { flags: '--parked', description: 'in line: at a limit, or until their queue has room' },
  { flags: '--why <error>', description: 'failed with this error: TimeoutError, or TimeoutError#9c1f22ab' },
  { flags: '--from <time>', description: 'not before this instant, or this long ago: 12h, 2027-01-01T00:00:00Z' },
  { flags: '--to <time>', description: 'not after this instant, or this long ago' },
]

const filterNames = ['queue', 'phase', 'state', 'type', 'tag', 'why'] as const

export type Filter = Readonly<Partial<Record<(typeof filterNames)[number] | 'from' | 'to' | 'parked', string>>>

/** As the API takes it. @throws InvalidInput */
export function filterFrom({ given, flags, terminal }: Pick<Call, 'given' | 'flags' | 'terminal'>): Filter {
  const plain = filterNames.flatMap(name => (given[name] === undefined ? [] : [[name, given[name]] as const]))
  const times = (['from', 'to'] as const).flatMap(name => {
    const text = given[name]
    return text === undefined ? [] : [[name, instantFrom(`--${name}`, text, terminal.now())] as const]
  })
  const filter: Filter = Object.fromEntries([...plain, ...times])
  // As people write states and phases.
  return {
    ...filter,
    ...(flags.has('parked') ? { parked: 'true' } : {}),
    ...(filter.state === undefined ? {} : { state: filter.state.toUpperCase() }),
    ...(filter.phase === undefined ? {} : { phase: filter.phase.toLowerCase() }),
  }
}
