/** The table and the closing line: ratios to the floor, since speeds are this machine's and this moment's. */
import type { ContenderName, Measurement } from './contender.ts'
import { median } from './statistics.ts'

/** What one contender did in one round. */
export interface Round {
  readonly enqueued: Measurement
  readonly processed: Measurement
}

export type Rounds = ReadonlyMap<ContenderName, readonly Round[]>

type Figure = (round: Round) => number

const figures = {
  enqueue: round => round.enqueued.jobsPerSecond,
  process: round => round.processed.jobsPerSecond,
  cpu: round => round.processed.cpuPerJob,
  enqueueCpu: round => round.enqueued.cpuPerJob,
} as const satisfies Record<string, Figure>

const header = ['', 'enqueue/s', 'floor', 'CPU µs', 'process/s', 'floor', 'CPU µs', 'floor'] as const
const widths = [16, 10, 7, 8, 11, 7, 8, 7] as const

/** At most 80 columns. */
export function table(rounds: Rounds): string {
  const rows = [...rounds].map(([name, own]) => [
    name,
    shown(own, figures.enqueue),
    ratioText(rounds, name, figures.enqueue),
    shown(own, figures.enqueueCpu),
    shown(own, figures.process),
    ratioText(rounds, name, figures.process),
    shown(own, figures.cpu),
    ratioText(rounds, name, figures.cpu),
  ])
  return [header, ...rows].map(line).join('\n')
}

const line = (cells: readonly string[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index] ?? 0))).join('')

const shown = (rounds: readonly Round[], figure: Figure): string => Math.round(median(rounds.map(figure))).toString()

/** The median of the ratios of each round: the two were measured one after the other, under the same load. */
function ratio(rounds: Rounds, name: ContenderName, figure: Figure): number | undefined {
  const [own = [], floor = []] = [rounds.get(name), rounds.get('floor')]
  const ratios = own.flatMap((round, index) => {
    const base = floor[index]
    return base === undefined ? [] : [figure(round) / figure(base)]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}

const ratioText = (rounds: Rounds, name: ContenderName, figure: Figure): string =>
  ratio(rounds, name, figure)?.toFixed(2) ?? '-'

/** Always the last line of a run; `-` stands for what was not measured. */
export function closingLine(rounds: Rounds): string {
  const of = (figure: Figure) => ratioText(rounds, 'lamplighter', figure)
  return `bench: enqueue ${of(figures.enqueue)} of the floor, process ${of(figures.process)} of the floor, cpu ${of(figures.cpu)} of the floor`
}
