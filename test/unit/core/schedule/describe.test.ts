import { describe, expect, it } from 'vitest'
import { describeCron } from '../../../../lib/core/schedule/describe.ts'
import { parseCron } from '../../../../lib/core/schedule/parse.ts'
import { describeWhen } from '../../../../lib/core/schedule/preview.ts'

describe('an expression in words', () => {
  it.each([
    ['30 2 * * *', 'Every day at 02:30'],
    ['15 30 2 * * *', 'Every day at 02:30:15'],
    ['0 8,12,18 * * *', 'Every day at 08:00, 12:00 and 18:00'],
    ['0,30 8-9 * * *', 'Every day at 08:00, 08:30, 09:00 and 09:30'],
    ['0 23 * * MON', 'Mondays at 23:00'],
    ['0 8 * * MON-FRI', 'Mondays to Fridays at 08:00'],
    ['0 8 * * SAT,SUN', 'Saturdays and Sundays at 08:00'],
    ['0 8 * * FRI-MON', 'Fridays to Mondays at 08:00'],
    ['0 8 * * 1,2,3,5', 'Mondays to Wednesdays and Fridays at 08:00'],
    ['0 9 * * FRI#2', 'On the second Friday of each month at 09:00'],
    ['0 9 * * 5L', 'On the last Friday of each month at 09:00'],
    ['0 9 * 1,7 FRI#1', 'On the first Friday of January and July at 09:00'],
    ['0 0 * * MON#1,FRI', 'Fridays and on the first Monday of each month at 00:00'],
    ['0 0 1,15 * *', 'On the 1st and the 15th of each month at 00:00'],
    ['0 0 1 1 *', 'On the 1st of January at 00:00'],
    [
      '0 0 2,3,11,12,13,22,31 * *',
      'On the 2nd, the 3rd, the 11th to 13th, the 22nd and the 31st of each month at 00:00',
    ],
    ['0 0 L * *', 'On the last day of each month at 00:00'],
    ['0 0 LW * *', 'On the last Monday to Friday of each month at 00:00'],
    ['0 0 L,15W,3 * *', 'On the 3rd, the Monday to Friday nearest to the 15th and the last day of each month at 00:00'],
    ['0 0 13 * FRI', 'On the 13th of each month, and also Fridays at 00:00'],
    ['0 0 * 1 *', 'Every day in January at 00:00'],
    ['0 0 * NOV-FEB *', 'Every day in November to February at 00:00'],
    ['0 0 * 1 MON', 'Mondays in January at 00:00'],
    ['* * * * *', 'Every minute'],
    ['* * * * * *', 'Every second'],
    ['*/10 * * * * *', 'Every 10 seconds'],
    ['*/7 * * * * *', 'At seconds 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every minute'],
    ['5 * * * * *', 'At second 5 of every minute'],
    ['30 */5 * * * *', 'At second 30, every 5 minutes'],
    ['* 30 2 * * *', 'Every second of minute 30 from 02:00 to 02:59'],
    ['*/15 * * * *', 'Every 15 minutes'],
    ['*/40 * * * *', 'At minutes 0 and 40 of every hour'],
    ['5,20,40 * * * *', 'At minutes 5, 20 and 40 of every hour'],
    ['5-59/15 * * * *', 'Every 15 minutes from minute 5 to 50 of every hour'],
    ['*/5 9 * * MON', 'Every 5 minutes from 09:00 to 09:59, Mondays'],
    ['0 * * * *', 'Every hour'],
    ['0 */2 * * *', 'Every 2 hours'],
    ['0 */5 * * *', 'On the hour in the hours 0, 5, 10, 15 and 20'],
    ['0 9-17 * * *', 'Every hour from 09:00 to 17:00'],
    ['0 18-6/2 * * *', 'Every 2 hours from 18:00 to 06:00'],
    ['15 */2 * * *', 'At minute 15 in every 2nd hour'],
    ['0,30 8-17 * * MON-FRI', 'At minutes 0 and 30 from 08:00 to 17:59, Mondays to Fridays'],
    ['*/20 8-17/3 * * *', 'Every 20 minutes in every 3rd hour from 08:00 to 17:59'],
    ['* 1,2,3,7 * * *', 'Every minute in the hours 1 to 3 and 7'],
  ])('%s', (text, words) => {
    expect(describeCron(parseCron('cron', text))).toBe(words)
  })
})

describe('when a schedule is due, in words', () => {
  it('names the zone, the anchor or the instant', () => {
    const cron = { kind: 'cron', cron: '@daily', timezone: 'Europe/Berlin', gap: 'next', repeat: 'first' } as const
    expect(describeWhen(cron)).toBe('Every day at 00:00, Europe/Berlin')
    expect(describeWhen({ kind: 'at', at: Date.UTC(2027, 0, 1) })).toBe('Once, at 2027-01-01T00:00:00.000Z')
  })

  it.each([
    [900_000, 'Every 15 minutes'],
    [3_600_000, 'Every hour'],
    [5_400_000, 'Every 90 minutes'],
    [86_400_000, 'Every day'],
    [1_000, 'Every second'],
    [1_500, 'Every 1500 milliseconds'],
  ])('%i ms', (everyMs, words) => {
    expect(describeWhen({ kind: 'every', everyMs, anchorAt: 0 })).toBe(
      `${words}, counted from 1970-01-01T00:00:00.000Z`,
    )
  })
})
