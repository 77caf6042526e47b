/** Collects how races ended, and renders it as a table in Markdown. */
import type { ChangeOutcome } from '../../../lib/ports/job-store.ts'
import type { End, Race } from './race.ts'
import type { Played } from './use-case-race.ts'

const head = ['pair', 'order', 'carried out', 'refused, and learns', 'left']

export class RaceTable {
  readonly #rows = new Map<string, string[]>()
  readonly #atOnce = new Map<string, Map<string, number>>()

  /** One after the other. */
  add(race: Race, order: 0 | 1, outcomes: readonly [ChangeOutcome, ChangeOutcome]): void {
    const end = race.ends[order]
    const learned = race.racers.flatMap(({ name, learns }, place) => {
      const outcome = outcomes[place]
      return outcome?.kind === 'refused' ? [`${name}: ${learns(outcome.job)}`] : []
    })
    const cells = [`${race.racers[order].name} first`, winnerOf(race, end), learned.join('; ') || '–', end.left]
    this.#push(race.pair, cells)
  }

  /** Two use cases, one after the other. */
  addPlayed(pair: string, order: string, { told, left }: Played): void {
    this.#push(pair, [order, ...told, left])
  }

  /** One race of both at once. @param result who won, or what both were told */
  count(pair: string, result: string): void {
    const results = this.#atOnce.get(pair) ?? new Map<string, number>()
    this.#atOnce.set(pair, results.set(result, (results.get(result) ?? 0) + 1))
  }

  /** How many races of two at once there were, and in how many pairs each of the two came first at least once. */
  summary(): string {
    const results = [...this.#atOnce.values()]
    const total = results.flatMap(counts => [...counts.values()]).reduce((sum, count) => sum + count, 0)
    const open = results.filter(({ size }) => size > 1).length
    return `${total} at once, with more than one end in ${open} of ${results.length} pairs`
  }

  render(): string {
    const rows = [...this.#rows].flatMap(([pair, all]) => {
      const counts = [...(this.#atOnce.get(pair) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))
      const atOnce = ['at once', counts.map(([result, count]) => `${result} ${count}×`).join(', '), '', '']
      return [...all, atOnce.join(' | ')].map(row => `${pair} | ${row}`)
    })
    return [head.join(' | '), head.map(() => '---').join(' | '), ...rows].map(row => `| ${row} |`).join('\n')
  }

  #push(pair: string, cells: readonly string[]): void {
    this.#rows.set(pair, [...(this.#rows.get(pair) ?? []), cells.join(' | ')])
  }
}

export function winnerOf(race: Race, { applied }: End): string {
  const winners = race.racers.filter((_, place) => applied[place]).map(({ name }) => name)
  return winners.length === 2 ? 'both' : (winners[0] ?? 'none')
}
