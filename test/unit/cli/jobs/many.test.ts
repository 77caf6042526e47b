import { describe, expect, it } from 'vitest'
import { type RunOptions, run } from '../terminal-kit.ts'

const counts = { matched: 1204, done: 0, already: 0, gone: 0, refused: {} }
const act = {
  id: 'b1',
  action: 'retry',
  state: 'RESERVED',
  request: {},
  counts,
  refusedIds: [],
  madeAt: '2027-01-01T00:00:00Z',
}
const dry = { ...act, id: 'dry', state: 'COMPLETED', endedAt: '2027-01-01T00:00:01Z' }
const half = {
  ...act,
  state: 'IN_PROGRESS',
  counts: { ...counts, done: 838, already: 3, refused: { 'the job runs': 1 } },
}
const ended = {
  ...act,
  state: 'COMPLETED',
  endedAt: '2027-01-01T00:00:24Z',
  counts: { ...counts, done: 1201, already: 3 },
}

/** An API whose bulk acts go through these states; it keeps what was asked. */
function bulkApi(states: readonly object[] = [half, ended]) {
  const asked: { method: string; path: string; body?: unknown }[] = []
  const left = [...states]
  const fetch = async (given: unknown): Promise<Response> => {
    const request = given as Request
    const { pathname } = new URL(request.url)
    const text = await request.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    asked.push({ method: request.method, path: pathname, ...(body === undefined ? {} : { body }) })
    if (request.method === 'GET') return Response.json(left.shift() ?? ended)
    const isDry = typeof body === 'object' && body !== null && 'dryRun' in body
    return Response.json(isDry ? dry : act, { status: 202 })
  }
  const cli = (words: string, options: RunOptions = {}) => run(words.split(' '), { fetch, ...options })
  return { asked, cli }
}

describe('an act on many', () => {
  it('counts, asks, starts, and follows to the end', async () => {
    const { asked, cli } = bulkApi()
    const questions: string[] = []
    const ran = await cli('jobs retry --queue mails --why TimeoutError --from 12h --rate 100', {
      answers: question => {
        questions.push(question)
        return 'y'
      },
    })
    expect(questions).toEqual(['1,204 jobs match. Retry them at 100/s, for about 12 s? [y/N] '])
    const filter = { queue: 'mails', why: 'TimeoutError', from: '2026-12-31T12:00:00.000Z' }
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([
      { method: 'POST', path: '/v1/bulk', body: { action: 'retry', filter, dryRun: true } },
      { method: 'POST', path: '/v1/bulk', body: { action: 'retry', filter, rate: 100 } },
    ])
    expect(ran).toEqual({
      exit: 0,
      stderr: '  842 of 1,204 · 838 done · 3 already · 1 refused\n  1,204 of 1,204 · 1,201 done · 3 already\n',
      stdout: '  retry b1 is done\n    1,204 jobs matched: 1,204 · 1,201 done · 3 already\n',
    })
  })

  it('does nothing after a no; where nobody can be asked it says what to add, before anything is counted', async () => {
    const refused = bulkApi()
    expect(await refused.cli('jobs cancel --all', { answers: () => 'n' })).toMatchObject({
      exit: 1,
      stdout: '  Nothing was done.\n',
    })
    expect(refused.asked.filter(({ body }) => body !== undefined)).toHaveLength(1)
    const nobody = bulkApi()
    expect(await nobody.cli('jobs cancel --all')).toEqual({
      exit: 2,
      stdout: '',
      stderr: 'Error (invalid_input): --yes is absent; allowed: --yes, where nobody can be asked\n',
    })
    expect(nobody.asked).toEqual([])
  })

  it('with --yes starts at once; with --detach does not wait; as JSON prints the act', async () => {
    const { asked, cli } = bulkApi()
    const ran = await cli('jobs delete --phase cancelled --to 30d --max 10 --yes --detach')
    expect(ran).toEqual({ exit: 0, stderr: '', stdout: '  Started b1: lamplighter bulk show b1\n' })
    expect(asked).toMatchObject([{ body: { action: 'delete', max: 10, filter: { phase: 'cancelled' } } }])
    const json = await bulkApi().cli('jobs run --state RETRY --yes --json')
    expect([json.exit, json.stderr, JSON.parse(json.stdout)]).toEqual([0, '', ended])
  })

  it('only counts with --dry-run', async () => {
    const { asked, cli } = bulkApi()
    expect((await cli('jobs retry --all --dry-run')).stdout).toBe('  1,204 jobs match.\n')
    expect(asked).toMatchObject([{ body: { dryRun: true } }])
  })

  it.each([
    [
      'refuses some',
      { ...ended, counts: { ...counts, done: 1, refused: { 'the job runs': 2 } }, refusedIds: ['x', 'y'] },
    ],
    ['is cancelled', { ...ended, state: 'CANCELLED' }],
  ])('that %s exits with 1', async (_, last) => {
    const { exit, stdout } = await bulkApi([last]).cli('jobs retry --all --yes')
    expect(exit).toBe(1)
    expect(stdout).toMatch(/refused 2: the job runs\n {4}x y\n|ended CANCELLED/)
  })

  it.each([
    ['jobs retry', 'id is absent; allowed: the id of a job; or for many a filter such as --queue, or --all'],
    ['jobs retry abc --queue mails', 'id is given with a filter; allowed: an id, or --queue for many'],
    ['jobs retry --all --input {} --yes', '--input is given for many; allowed: the id of one job'],
    ['jobs retry --all --rate 0 --yes', "--rate is '0'; allowed: a whole number from 1 to 1000"],
    ['jobs retry --all --max x --yes', "--max is 'x'"],
    ['jobs reschedule --all --yes', '--delay is absent'],
    ['schedules backfill daily-report --yes', '--from is absent'],
  ])('%s is wrong use, and nothing is asked', async (words, text) => {
    const { asked, cli } = bulkApi()
    const { exit, stderr } = await cli(words)
    expect([exit, asked]).toEqual([2, []])
    expect(stderr).toContain(text)
  })
})

describe('bulk', () => {
  it('lists, shows and cancels acts', async () => {
    const { cli } = bulkApi([{ bulks: [half, { ...dry, request: { dryRun: true } }], next: 'N' }])
    const { stdout } = await cli('bulk list')
    expect(stdout).toMatch(
      /^ {2}ID +ACT +STATE +MATCHED +DONE +REFUSED +STARTED\n {2}b1 +retry +IN_PROGRESS +1204 +838 +1 +/,
    )
    expect(stdout).toMatch(/\n {2}dry +count for retry +COMPLETED /)
    expect(stdout).toMatch(/More: --cursor N\n$/)
    expect((await bulkApi([{ bulks: [] }]).cli('bulk list')).stdout).toBe('  There are none.\n')
    expect((await bulkApi([half]).cli('bulk show b1')).stdout).toMatch(
      /^ {2}retry b1 runs\n.*\n {4}refused 1: the job runs\n$/s,
    )
    const cancelled = bulkApi()
    expect(await cancelled.cli('bulk cancel b1')).toMatchObject({ exit: 0 })
    expect(cancelled.asked).toMatchObject([{ method: 'POST', path: '/v1/bulk/b1/cancel' }])
  })

  it('a backfill asks, and is followed', async () => {
    const { asked, cli } = bulkApi([ended])
    const questions: string[] = []
    const ran = await cli('schedules backfill daily-report --from 7d --again', {
      answers: question => {
        questions.push(question)
        return 'yes'
      },
    })
    expect(ran.exit).toBe(0)
    expect(questions[0]).toContain(
      'Enqueue the occurrences of daily-report from 2026-12-25T00:00:00.000Z to 2027-01-01',
    )
    expect(asked[0]).toMatchObject({
      path: '/v1/schedules/daily-report/backfill',
      body: { from: '2026-12-25T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z', again: true },
    })
    expect(await bulkApi().cli('schedules backfill daily-report --from 7d')).toMatchObject({ exit: 2 })
  })
})
