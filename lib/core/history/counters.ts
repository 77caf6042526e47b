/** Counters of a derived record: attributes `<type>:<name>`, changed by an amount, so that two shards never conflict. */
import type { RecordAction } from '../records/change.ts'
import type { RecordAttributes } from '../records/record.ts'
import { countedName } from './job-change.ts'

/** Amounts by attribute. */
export class Tally {
  readonly #amounts = new Map<string, number>()

  /** @param type of a job; a name that is too long for a counter counts under another */
  count(type: string, name: string, amount = 1): void {
    const attribute = `${countedName(type)}:${name}`
    this.#amounts.set(attribute, (this.#amounts.get(attribute) ?? 0) + amount)
  }

  actions(): readonly RecordAction[] {
    return [...this.#amounts].flatMap(([attribute, amount]) =>
      amount === 0 ? [] : [{ op: 'add', attribute, amount } as const],
    )
  }
}

/** Type → name → number. Attributes of another form, and names that are not asked for, are passed over. */
export function countersOf(
  attributes: RecordAttributes,
  isName: (name: string) => boolean,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const types = new Map<string, Map<string, number>>()
  for (const [attribute, value] of Object.entries(attributes)) {
    // A type may hold a colon, a counter's name never does.
    const colon = attribute.lastIndexOf(':')
    const [type, name] = [attribute.slice(0, colon), attribute.slice(colon + 1)]
    if (colon < 1 || typeof value !== 'number' || !isName(name)) continue
    const counters = types.get(type) ?? new Map<string, number>()
    types.set(type, counters.set(name, value))
  }
  return types
}
