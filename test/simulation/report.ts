import { allChecks } from './checks/all.ts'
import type { Outcome } from './simulate.ts'

export function reportOutcome({ plan, violations, lastLines, traceHash }: Outcome): void {
  const { seed, profile, rates, acts, types, jobs, enqueues, ...rest } = plan
  console.log(`\n== seed ${seed} (${profile}), trace ${traceHash}`)
  console.log(`faults: ${JSON.stringify(rates)}`)
  console.log(`types: ${JSON.stringify(types)}`)
  console.log(`jobs: ${shown(jobs)}`)
  console.log(`enqueues: ${shown(enqueues)}`)
  console.log(`acts: ${JSON.stringify(acts)}`)
  console.log(`rest: ${JSON.stringify(rest)}`)
  for (const line of lastLines) console.log(line)
  for (const { invariant, text, atMs } of violations) console.log(`${invariant} at ${atMs / 1_000} s: ${text}`)
  console.log(`again: npm run simulate -- ${profile === 'crowd' ? '--profile crowd ' : ''}--seed ${seed}`)
}

/** Of a crowd the beginning. */
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 20_000)

export function reportChecks(): void {
  console.log('\nchecks')
  for (const { invariant, what } of allChecks) console.log(`  ${invariant.padEnd(4)} ${what}`)
}

/** @returns how many of the expected never happened, when that is a failure */
export function reportCounts(
  counts: ReadonlyMap<string, number>,
  expectedCounts: readonly string[],
  isFailure: boolean,
): number {
  const missing = expectedCounts.filter(name => !counts.has(name))
  const others = [...counts.keys()].filter(name => !expectedCounts.includes(name)).toSorted()
  console.log('\nhow often')
  for (const name of [...expectedCounts, ...others])
    console.log(`  ${String(counts.get(name) ?? 0).padStart(9)}  ${name}`)
  for (const name of missing) console.log(`never happened: ${name}`)
  return isFailure ? missing.length : 0
}
