import { allChecks, withoutSubject } from './checks/all.ts'
import { expectedCounts } from './coverage.ts'
import type { Outcome } from './simulate.ts'

export function reportOutcome({ plan, violations, lastLines, traceHash }: Outcome): void {
  const { seed, profile, rates, acts, types, jobs, enqueues, ...rest } = plan
  console.log(`\n== seed ${seed} (${profile}), trace ${traceHash}`)
  console.log(`faults: ${JSON.stringify(rates)}`)
  console.log(`types: ${JSON.stringify(types)}`)
  console.log(`jobs: ${JSON.stringify(jobs)}`)
  console.log(`enqueues: ${JSON.stringify(enqueues)}`)
  console.log(`acts: ${JSON.stringify(acts)}`)
  console.log(`rest: ${JSON.stringify(rest)}`)
  for (const line of lastLines) console.log(line)
  for (const { invariant, text, atMs } of violations) console.log(`${invariant} at ${atMs / 1_000} s: ${text}`)
  console.log(`again: npm run simulate -- --seed ${seed}`)
}

export function reportUnsubjected(): void {
  console.log('\nchecks')
  for (const { invariant, what } of allChecks) console.log(`  ${invariant.padEnd(4)} ${what}`)
  for (const invariant of withoutSubject) console.log(`  ${invariant.padEnd(4)} no subject yet`)
}

/** @returns how many of the expected never happened, when that is a failure */
export function reportCounts(counts: ReadonlyMap<string, number>, isFailure: boolean): number {
  const missing = expectedCounts.filter(name => !counts.has(name))
  const others = [...counts.keys()].filter(name => !expectedCounts.includes(name)).toSorted()
  console.log('\nhow often')
  for (const name of [...expectedCounts, ...others])
    console.log(`  ${String(counts.get(name) ?? 0).padStart(9)}  ${name}`)
  for (const name of missing) console.log(`never happened: ${name}`)
  return isFailure ? missing.length : 0
}
