/** What a worker knows of its own health. Sizes in mebibytes, times in seconds. */
import { getHeapStatistics } from 'node:v8'
import type { RunContext } from '../../lib/core/definition/run-context.ts'

export interface HealthReport {
  readonly memory: number
  readonly heapUsed: number
  readonly uptime: number
  /** Of the daily report only. */
  readonly daily?: {
    readonly day: string
    readonly heapLimit: number
    readonly userTime: number
    readonly systemTime: number
    readonly timeZones: string
  }
}

const mebibytes = (bytes: number): number => Math.round((bytes / 1_048_576) * 10) / 10
const seconds = (microseconds: number): number => Math.round(microseconds / 10_000) / 100

/** The figures of this process, as the job's result and in the log. @param day asks for the daily report */
export function healthOf(day: string | undefined, { logger }: Pick<RunContext, 'logger'>): HealthReport {
  const { rss, heapUsed } = process.memoryUsage()
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  const report = { memory: mebibytes(rss), heapUsed: mebibytes(heapUsed), uptime: Math.round(process.uptime()) }
  logger.debug('health', report)
  if (day === undefined) return report
  return {
    ...report,
    daily: {
      day,
      heapLimit: mebibytes(getHeapStatistics().heap_size_limit),
      userTime: seconds(userCPUTime),
      systemTime: seconds(systemCPUTime),
      timeZones: process.versions['tz'] ?? 'none',
    },
  }
}
