import { readFileSync } from 'node:fs'

/** A page that several processes share counts for each of them in part: the sum is what they take together. In MB. */
export const memoryOf = (pids: readonly number[]): number =>
  Math.round(pids.reduce((sum, pid) => sum + kilobytesOf(pid), 0) / 1_024)

/** Linux only; 0 for a process that has ended. proc_pid_smaps_rollup(5) */
function kilobytesOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
