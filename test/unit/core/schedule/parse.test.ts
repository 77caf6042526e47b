import { describe, expect, it } from 'vitest'
import { formatCron, isFrequency, parseCron } from '../../../../lib/core/schedule/parse.ts'
import { InvalidInput } from '../../../../lib/core/values/errors.ts'

const parse = (text: string) => parseCron('cron', text)

function refusalOf(text: unknown): string {
  try {
    return formatCron(parseCron('cron', text))
  } catch (error) {
    if (error instanceof InvalidInput) return error.message
    throw error
  }
}

/** The message up to its drawing. */
const headOf = (text: unknown): string => refusalOf(text).split('\n', 1)[0] ?? ''

describe('an expression', () => {
  it.each([
    ['30 2 * * *', '30 2 * * *'],
    ['0 30 2 * * *', '30 2 * * *'],
    ['15 30 2 * * *', '15 30 2 * * *'],
    ['  0\t4  *  * sun ', '0 4 * * SUN'],
    ['00 04 * * 7', '0 4 * * SUN'],
    ['*/1 * * * *', '* * * * *'],
    ['0 0 * 1,feb-Apr *', '0 0 * JAN,FEB-APR *'],
    ['0 22-2,18-6/2 * NOV-FEB FRI-MON', '0 22-2,18-6/2 * NOV-FEB FRI-MON'],
    ['0 0 * * 0-7', '0 0 * * SUN-SAT'],
    ['0 0 * * 5-7', '0 0 * * FRI-SUN'],
    ['0 0 l,15w * *', '0 0 L,15W * *'],
    ['0 0 lw * *', '0 0 LW * *'],
    ['0 0 * * 5l,fril,7L', '0 0 * * FRIL,FRIL,SUNL'],
    ['0 0 * * fri#2,7#1', '0 0 * * FRI#2,SUN#1'],
    ['0 0 31 1,2 *', '0 0 31 JAN,FEB *'],
    ['0 0 31 2 MON', '0 0 31 FEB MON'],
    ['0 0 29 2 *', '0 0 29 FEB *'],
    ['@yearly', '0 0 1 JAN *'],
    ['@ANNUALLY', '0 0 1 JAN *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * SUN'],
    [' @daily ', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
    ['@minutely', '* * * * *'],
    ['@secondly', '* * * * * *'],
  ])('%o is %s', (text, canonical) => {
    expect(formatCron(parse(text))).toBe(canonical)
    expect(parse(canonical)).toEqual(parse(text))
  })

  it.each([
    ['*/15 * * * *', true],
    ['0 * * * *', true],
    ['0 */2 * * *', true],
    ['* 2 * * *', true],
    ['30 2 * * *', false],
    ['0-59 2 * * *', false],
    ['5,*/10 2 * * *', false],
    ['* 30 2 * * *', false],
    ['@hourly', true],
    ['@daily', false],
  ])('%s: a frequency, by its first sign: %s', (text, expected) => {
    expect(isFrequency(parse(text))).toBe(expected)
  })
})

describe('a refusal points at the fault and gives an example that works', () => {
  it.each([
    [
      '0 25 * * MON',
      `cron is '0 25 * * MON'; field 2 (hour) at character 3: 25; allowed: 0 to 23
    0 25 * * MON
      ^^         for example: '0 23 * * MON' (Mondays at 23:00)`,
    ],
    [
      '0 0 31 2,4 *',
      `cron is '0 0 31 2,4 *'; it never comes true: February and April have no 31st; allowed: a date that exists
    0 0 31 2,4 *
        ^^       for the last day write '0 0 L 2,4 *' (On the last day of February and April at 00:00)`,
    ],
    [
      '0 0 30W 2 *',
      `cron is '0 0 30W 2 *'; it never comes true: February has no 30th; allowed: a date that exists
    0 0 30W 2 *
        ^^^     for the last Monday to Friday write '0 0 LW 2 *' (On the last Monday to Friday of February at 00:00)`,
    ],
    [
      '0 0 12 * * ? 2027',
      `cron is '0 0 12 * * ? 2027'; 7 fields; allowed: 5 fields (minute, hour, day of month, month, weekday), or 6 with the second first; for a year use startAt and endAt
    0 0 12 * * ? 2027
                 ^^^^ for example: '0 0 12 * * *' (Every day at 12:00)`,
    ],
    [
      '0 0 12 * * ?',
      `cron is '0 0 12 * * ?'; field 6 (weekday) at character 12: '?'; allowed: '*' for all values; '?' belongs to other kinds of cron
    0 0 12 * * ?
               ^ for example: '0 0 12 * * *' (Every day at 12:00)`,
    ],
    [
      'H/15 2 * * *',
      `cron is 'H/15 2 * * *'; field 1 (minute) at character 1: 'H'; allowed: 0 to 59; to spread starts, use the option jitter
    H/15 2 * * *
    ^^^^         for example: '*/15 2 * * *' (Every 15 minutes from 02:00 to 02:59)`,
    ],
    [
      '0 0 1 * +MON',
      `cron is '0 0 1 * +MON'; field 5 (weekday) at character 9: '+'; allowed: 0 to 7 (0 and 7 are Sunday) or SUN to SAT; day of month and weekday cannot be joined by 'and'
    0 0 1 * +MON
            ^^^^ for example: '0 0 1 * MON' (On the 1st of each month, and also Mondays at 00:00)`,
    ],
    [
      '5/15 * * * *',
      `cron is '5/15 * * * *'; field 1 (minute) at character 1: '5/15'; allowed: a range or '*' before the step
    5/15 * * * *
    ^^^^         for example: '5-59/15 * * * *' (Every 15 minutes from minute 5 to 50 of every hour)`,
    ],
    [
      '@reboot',
      `cron is '@reboot'; nothing boots here; allowed: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @minutely, @secondly
    @reboot
    ^^^^^^^ for example: '@daily' (Every day at 00:00)`,
    ],
    [
      '1,,2 * * * *',
      `cron is '1,,2 * * * *'; field 1 (minute) at character 3: an empty part; allowed: 0 to 59, or '*' for all
    1,,2 * * * *
      ^          for example: '1,2 * * * *' (At minutes 1 and 2 of every hour)`,
    ],
    [
      '∗ 2 * * *',
      `cron is '∗ 2 * * *'; character 1: '∗' (U+2217); allowed: ASCII on one line
    \uFFFD 2 * * *
    ^         for example: '* 2 * * *' (Every minute from 02:00 to 02:59)`,
    ],
    [
      '0 2 * * *\n',
      `cron is '0 2 * * * '; character 10: U+000A; allowed: ASCII on one line
    0 2 * * *\uFFFD
             ^ for example: '0 2 * * *' (Every day at 02:00)`,
    ],
    [
      '* * * MAYY *',
      `cron is '* * * MAYY *'; field 4 (month) at character 7: 'MAYY'; allowed: 1 to 12 or JAN to DEC; did you mean MAY?
    * * * MAYY *
          ^^^^   for example: '* * * MAY *' (Every minute, every day in May)`,
    ],
    [
      '60 25 * * *',
      `cron is '60 25 * * *'; field 1 (minute) at character 1: 60; allowed: 0 to 59
    60 25 * * *
    ^^          for example: '59 23 * * *' (Every day at 23:59)`,
    ],
    [
      '1-2-3 * * * *',
      `cron is '1-2-3 * * * *'; field 1 (minute) at character 1: '1-2-3'; allowed: 0 to 59, or a range such as 0-15
    1-2-3 * * * *
    ^^^^^         for example: '30 2 * * MON-FRI' (Mondays to Fridays at 02:30)`,
    ],
  ])('%o', (text, message) => {
    expect(refusalOf(text)).toBe(message)
  })

  it.each([
    ['60 0 * * * *', "cron is '60 0 * * * *'; field 1 (second) at character 1: 60; allowed: 0 to 59"],
    ['0 0 0 * *', "cron is '0 0 0 * *'; field 3 (day of month) at character 5: 0; allowed: 1 to 31"],
    ['0 0 32 * *', "cron is '0 0 32 * *'; field 3 (day of month) at character 5: 32; allowed: 1 to 31"],
    ['0 0 * 13 *', "cron is '0 0 * 13 *'; field 4 (month) at character 7: 13; allowed: 1 to 12 or JAN to DEC"],
    [
      '0 0 * * 8',
      "cron is '0 0 * * 8'; field 5 (weekday) at character 9: 8; allowed: 0 to 7 (0 and 7 are Sunday) or SUN to SAT",
    ],
    ['0 8-24 * * *', "cron is '0 8-24 * * *'; field 2 (hour) at character 5: 24; allowed: 0 to 23"],
    [
      '0 0 * * MONDAY',
      "cron is '0 0 * * MONDAY'; field 5 (weekday) at character 9: 'MONDAY'; allowed: 0 to 7 (0 and 7 are Sunday) or SUN to SAT; did you mean MON?",
    ],
    [
      '0 0 * * TEU',
      "cron is '0 0 * * TEU'; field 5 (weekday) at character 9: 'TEU'; allowed: 0 to 7 (0 and 7 are Sunday) or SUN to SAT; did you mean TUE?",
    ],
    [
      '0 0 * MON *',
      "cron is '0 0 * MON *'; field 4 (month) at character 7: 'MON', a weekday; allowed: 1 to 12 or JAN to DEC",
    ],
    [
      '0 0 * * JUL',
      "cron is '0 0 * * JUL'; field 5 (weekday) at character 9: 'JUL', a month; allowed: 0 to 7 (0 and 7 are Sunday) or SUN to SAT",
    ],
    [
      '0 0 L-3 * *',
      "cron is '0 0 L-3 * *'; field 3 (day of month) at character 5: 'L-3'; allowed: 1 to 31, L (last day), LW (last Monday to Friday) or 15W (nearest to the 15th)",
    ],
    [
      '0 0 LW,3 * *',
      "cron is '0 0 LW,3 * *'; field 3 (day of month) at character 5: 'LW' in a list; allowed: LW alone, or a list without it",
    ],
    ['0 0 99W * *', "cron is '0 0 99W * *'; field 3 (day of month) at character 5: 99; allowed: 1 to 31"],
    [
      '0 0 * * L',
      "cron is '0 0 * * L'; field 5 (weekday) at character 9: 'L'; allowed: a weekday in front: 5L or FRI#2",
    ],
    [
      '0 0 * * #2',
      "cron is '0 0 * * #2'; field 5 (weekday) at character 9: '#2'; allowed: a weekday in front: 5L or FRI#2",
    ],
    ['0 0 * * FRI#6', "cron is '0 0 * * FRI#6'; field 5 (weekday) at character 13: 6; allowed: 1 to 5 after #"],
    ['0 0 * * FRI#', "cron is '0 0 * * FRI#'; field 5 (weekday) at character 9: 'FRI#'; allowed: 1 to 5 after #"],
    [
      '0 0 * * XYZ#1',
      "cron is '0 0 * * XYZ#1'; field 5 (weekday) at character 9: 'XYZ'; allowed: 0 to 7 (0 and 7 are Sunday) or SUN to SAT",
    ],
    [
      '*/90 * * * *',
      "cron is '*/90 * * * *'; field 1 (minute) at character 3: step 90; allowed: 1 to 59 as a step; for another period use every, such as every: '90m'",
    ],
    [
      '0 */0 * * *',
      "cron is '0 */0 * * *'; field 2 (hour) at character 5: step 0; allowed: 1 to 23 as a step; for another period use every, such as every: '90m'",
    ],
    [
      '*/ * * * *',
      "cron is '*/ * * * *'; field 1 (minute) at character 3: step missing; allowed: 1 to 59 as a step; for another period use every, such as every: '90m'",
    ],
    [
      '8-17/x * * * *',
      "cron is '8-17/x * * * *'; field 1 (minute) at character 6: step x; allowed: 1 to 59 as a step; for another period use every, such as every: '90m'",
    ],
    ['1/2/3 * * * *', "cron is '1/2/3 * * * *'; field 1 (minute) at character 1: '1/2/3'; allowed: one step"],
    [
      '-5 * * * *',
      "cron is '-5 * * * *'; field 1 (minute) at character 1: '-5'; allowed: 0 to 59, or a range such as 0-15",
    ],
    [
      '5- * * * *',
      "cron is '5- * * * *'; field 1 (minute) at character 1: '5-'; allowed: 0 to 59, or a range such as 0-15",
    ],
    ['1.5 * * * *', "cron is '1.5 * * * *'; field 1 (minute) at character 1: '1.5'; allowed: 0 to 59"],
    [
      '1, * * * *',
      "cron is '1, * * * *'; field 1 (minute) at character 2: an empty part; allowed: 0 to 59, or '*' for all",
    ],
    [
      ', * * * *',
      "cron is ', * * * *'; field 1 (minute) at character 1: an empty part; allowed: 0 to 59, or '*' for all",
    ],
    [
      'H(0-29) * * * *',
      "cron is 'H(0-29) * * * *'; field 1 (minute) at character 1: 'H'; allowed: 0 to 59; to spread starts, use the option jitter",
    ],
    ['0\u00A02 * * *', "cron is '0\u00A02 * * *'; character 2: U+00A0; allowed: ASCII on one line"],
    [
      '',
      "cron is ''; 0 fields; allowed: 5 fields (minute, hour, day of month, month, weekday), or 6 with the second first",
    ],
    ['@daily', '0 0 * * *'],
    [
      '*',
      "cron is '*'; 1 field; allowed: 5 fields (minute, hour, day of month, month, weekday), or 6 with the second first",
    ],
    [
      '* * * *',
      "cron is '* * * *'; 4 fields; allowed: 5 fields (minute, hour, day of month, month, weekday), or 6 with the second first",
    ],
    [
      '0 0 30,31 2 *',
      "cron is '0 0 30,31 2 *'; it never comes true: February has no 30th; allowed: a date that exists",
    ],
    [
      '0 0 31 FEB,APR-JUN/2,9 *',
      "cron is '0 0 31 FEB,APR-JUN/2,9 *'; it never comes true: February, April, June and September have no 31st; allowed: a date that exists",
    ],
    [
      '@dayly',
      "cron is '@dayly'; not a known name; allowed: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @minutely, @secondly; did you mean @daily?",
    ],
    [
      '@every 5m',
      "cron is '@every 5m'; not a known name; allowed: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @minutely, @secondly; for a period use the option every",
    ],
    [
      '@constructor',
      "cron is '@constructor'; not a known name; allowed: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @minutely, @secondly",
    ],
    ['*'.repeat(513), `cron is '${'*'.repeat(79)}…; 513 characters; allowed: at most 512 characters`],
    [5, "cron is 5; allowed: a cron expression such as '30 2 * * MON-FRI'"],
    [undefined, "cron is undefined; allowed: a cron expression such as '30 2 * * MON-FRI'"],
  ])('%o', (text, head) => {
    expect(headOf(text)).toBe(head)
  })

  it('names the field as the caller does, and keeps the parts of the message apart', () => {
    const field = "schedules[0] 'daily-report'.cron"
    expect(() => parseCron(field, '0 25 * * MON')).toThrow(
      expect.objectContaining({
        name: 'InvalidInput',
        code: 'invalid_input',
        field,
        value: '0 25 * * MON',
        allowed: '0 to 23',
        message: expect.stringMatching(/^schedules\[0\] 'daily-report'\.cron is '0 25 \* \* MON'; field 2 \(hour\)/),
      }),
    )
  })

  it('cuts a long expression around the fault', () => {
    const minutes = Array.from({ length: 60 }, (_, index) => index).join()
    const [, line = '', marks = ''] = refusalOf(`${minutes},60 * * * *`).split('\n')
    const caret = marks.indexOf('^^')
    expect(line.length).toBe(104)
    expect(line.slice(caret, caret + 2)).toBe('60')
  })
})
