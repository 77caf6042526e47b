/** Measured figures, and what this machine takes for something known: a busy one is judged by what it can do. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How long Node takes to start and end (milliseconds): about 40 on an idle machine. */
export async function nodeStartMs(): Promise<number> {
  const before = performance.now()
  await run(process.execPath, ['-e', ''])
  return performance.now() - before
}

/** The smallest that so many are not above, rounded. @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN)
}
