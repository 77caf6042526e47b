import { parseArgs } from 'node:util'

/** What one run of the benchmark can measure. */
export const subjects = [
  'floor',
  'lamplighter',
  'bullmq',
  'pg-boss',
  'graphile-worker',
  'sweeper',
  'memory',
  'load',
] as const
export type Subject = (typeof subjects)[number]

export interface BenchOptions {
  /** Jobs in one round of one contender. */
  readonly jobs: number
  readonly rounds: number
  readonly only: ReadonlySet<Subject>
}

export const usage = `Measures Lamplighter next to others, in one run and in turns.

  npm run bench -- [options]

  --jobs <number>     jobs in one round, 10 to 100000 (default 2000)
  --rounds <number>   rounds of each contender, 1 to 100 (default 5)
  --only <names>      a list such as floor,lamplighter; the names are
                      floor, lamplighter, bullmq, pg-boss, graphile-worker,
                      sweeper, memory, load (default all)
  --help              print this
`

/** @returns undefined when only the help is asked for @throws Error naming the option, its value and what is allowed */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      jobs: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: subjects.join(',') },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  if (values.help) return undefined
  return {
    jobs: integerIn('--jobs', values.jobs, 10, 100_000),
    rounds: integerIn('--rounds', values.rounds, 1, 100),
    only: new Set(values.only.split(',').map(subjectOf)),
  }
}

function integerIn(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw new Error(`${name} is '${text}'; allowed: ${least} to ${most}`)
  return value
}

function subjectOf(text: string): Subject {
  const found = subjects.find(name => name === text.trim())
  if (found === undefined) throw new Error(`--only has '${text}'; allowed: ${subjects.join(', ')}`)
  return found
}
