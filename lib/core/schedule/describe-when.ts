import { formatMs } from '../values/duration.ts'
import { formatInstant } from '../values/instant.ts'
import { describeCron } from './describe.ts'
import type { When } from './next.ts'
import { parseCron } from './parse.ts'

const units = { d: 'day', h: 'hour', m: 'minute', s: 'second', ms: 'millisecond' } as const

/**
 * When a schedule is due, in words for people; never parsed again.
 *
 * @example 'Every day at 02:30, Europe/Berlin'
 * @example 'Every 15 minutes, counted from 2026-01-01T00:05:00.000Z'
 * @example 'Once, at 2027-01-01T00:00:00.000Z'
 */
export function describeWhen(when: When): string {
  switch (when.kind) {
    case 'cron':
      return `${describeCron(parseCron('cron', when.cron))}, ${when.timezone}`
    case 'every':
      return `Every ${lengthText(when.everyMs)}, counted from ${formatInstant(when.anchorAt)}`
    case 'at':
      return `Once, at ${formatInstant(when.at)}`
  }
}

function lengthText(milliseconds: number): string {
  const [, count = '', unit = 'ms'] = /^(\d+)(\D+)$/.exec(formatMs(milliseconds)) ?? []
  const word = units[unit as keyof typeof units]
  return count === '1' ? word : `${count} ${word}s`
}
