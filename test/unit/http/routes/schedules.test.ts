import { describe, expect, it } from 'vitest'
import { actsOf } from '../../../../lib/app/operate/acts.ts'
import * as onSchedules from '../../../../lib/app/schedule/on-schedules.ts'
import { schedulePage } from '../../../../lib/app/schedule/schedule-page.ts'
import { schedulesOn } from '../../../../lib/client/schedules.ts'
import { scheduleKey } from '../../../../lib/core/records/keys.ts'
import { laneOfSchedule } from '../../../../lib/core/records/schedule-record.ts'
import { httpKit, problemIn } from '../http-kit.ts'

const digest = { type: 'echo', cron: '0 8 * * MON-FRI', timezone: 'America/New_York', input: { tenant: 42 } }
const path = '/v1/schedules/tenant-42.digest'
interface Shown {
  readonly name: string
  readonly status: string
  readonly version: number
  readonly pausedBy?: string
}
const shownIn = async (response: Response) => (await response.json()) as Shown

describe('PUT /v1/schedules/{name}', () => {
  it('makes one, and shows it with every default', async () => {
    const { send, get } = httpKit()
    const response = await send('PUT', path, digest, { 'if-none-match': '*' })
    expect([response.status, response.headers.get('etag')]).toEqual([201, '"1"'])
    const shown = await shownIn(response)
    expect(shown).toMatchObject({
      name: 'tenant-42.digest',
      owner: 'api',
      gap: 'next',
      repeat: 'first',
      misfire: 'latest',
    })
    const again = await get(path)
    expect([again.status, again.headers.get('etag'), await again.json()]).toEqual([200, '"1"', shown])
  })

  it('is made without a condition, and one that exists is not replaced by accident', async () => {
    const { send } = httpKit()
    expect((await send('PUT', path, digest)).status).toBe(201)
    const refused = await send('PUT', path, { ...digest, cron: '0 9 * * *' })
    expect(refused.status).toBe(428)
    expect(await problemIn(refused)).toMatchObject({ code: 'precondition_required', etag: '"1"' })
    const isNew = await send('PUT', path, digest, { 'if-none-match': '*' })
    expect([isNew.status, (await problemIn(isNew)).etag]).toEqual([412, '"1"'])
  })

  it('replaces the version that was seen, and no other', async () => {
    const { send } = httpKit()
    await send('PUT', path, digest)
    const other = { ...digest, cron: '0 9 * * *' }
    const replaced = await send('PUT', path, other, { 'if-match': '"1"' })
    expect([replaced.status, replaced.headers.get('etag')]).toEqual([200, '"2"'])
    for (const tag of ['"1"', '"1.0.0.X"']) {
      expect((await send('PUT', path, other, { 'if-match': tag })).status).toBe(412)
    }
    expect((await send('PUT', path, digest, { 'if-match': '*' })).headers.get('etag')).toBe('"3"')
    expect((await send('PUT', '/v1/schedules/none', digest, { 'if-match': '*' })).status).toBe(412)
    expect((await send('PUT', '/v1/schedules/none', digest, { 'if-match': '"1"' })).status).toBe(412)
  })

  it.each<[object, string]>([
    [{ type: 'echo', cron: '0 25 * * MON' }, 'schedule.cron'],
    [{ type: 'echo', input: 1, cron: 7 }, 'schedule.cron'],
    [{ type: 'echo', input: 1, cron: '0 25 * * MON' }, 'schedule.cron'],
    [{ type: 'echo', input: 1, every: '1s', jitter: '2s' }, 'schedule.jitter'],
    [{ type: 'echo', input: 1, every: '1s', corn: 1 }, 'schedule.corn'],
    [{ type: 'echo', input: 1, every: '1s', enqueue: { delay: '1s' } }, 'schedule.enqueue.delay'],
    [{ type: 'echo', input: 1, every: '1s', misfire: { all: 0 } }, 'schedule.misfire'],
    [{ type: 'echo', input: 1, every: '1s', paused: 'yes' }, 'schedule.paused'],
    [{ type: 'echo', input: 1, every: '1s', timezone: 'Europe/Berln' }, 'schedule.timezone'],
    [{ type: 'echo', input: 1 }, 'schedule'],
  ])('refuses %j', async (body, field) => {
    const { send, get } = httpKit()
    const problem = await problemIn(await send('PUT', path, { input: 1, ...body }))
    expect(problem).toMatchObject({ status: 400, code: 'invalid_input', field })
    expect((await get(path)).status).toBe(404)
  })

  it('refuses what the core refuses with 422', async () => {
    const { send } = httpKit()
    expect((await send('PUT', path, { ...digest, type: 'ecko' })).status).toBe(422)
    expect((await send('PUT', path, { ...digest, type: 'sum' })).status).toBe(422)
  })

  it.each(['a b', '.a', 'x'.repeat(129), 'a%3Fb', 'a%23b', 'a%25b', 'é'])('refuses the name %s', async name => {
    const { send } = httpKit()
    const problem = await problemIn(await send('PUT', `/v1/schedules/${name}`, digest))
    expect(problem).toMatchObject({ status: 400, field: 'name', allowed: /^a letter, a digit or '_'/ })
  })
})

describe('PATCH and DELETE', () => {
  it('pauses in the caller’s name, and resumes', async () => {
    const { app, send } = httpKit()
    await send('PUT', path, digest)
    const init = { method: 'PATCH', body: '{"paused":true}', headers: { 'content-type': 'application/json' } }
    const paused = await shownIn(await app.request(path, init, { caller: 'alice' }))
    expect(paused).toMatchObject({ status: 'PAUSED', pausedBy: 'alice', version: 2 })
    expect(await shownIn(await send('PATCH', path, { paused: false }))).toMatchObject({ status: 'ACTIVE', version: 3 })
  })

  it('acts on the version that was seen, and on no other', async () => {
    const { send } = httpKit()
    await send('PUT', path, digest)
    for (const paused of [true, false]) {
      const refused = await send('PATCH', path, { paused }, { 'if-match': '"7"' })
      expect([refused.status, (await problemIn(refused)).etag]).toEqual([412, '"1"'])
    }
    expect((await send('DELETE', path, undefined, { 'if-match': '"7"' })).status).toBe(412)
    expect((await send('DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(204)
    expect((await send('DELETE', path)).status).toBe(404)
    expect((await send('PATCH', path, { paused: true })).status).toBe(404)
  })

  it('answers 409 with its status for one that has ended', async () => {
    const { send } = httpKit()
    await send('PUT', path, { type: 'echo', input: 1, at: '2020-01-01T00:00:00Z' })
    const refused = await send('PATCH', path, { paused: true })
    expect(await problemIn(refused)).toMatchObject({ status: 409, code: 'conflict', state: 'ENDED' })
  })

  it('answers 409 for what only the code may change', async () => {
    const { send, deps } = httpKit()
    await send('PUT', path, digest)
    const [record] = await deps.records.get([scheduleKey('tenant-42.digest')])
    expect(record).toBeDefined()
    const actions = [{ op: 'set', attribute: 'owner', value: 'code' }] as const
    const change = { name: 'takeOver', guard: [], actions }
    await deps.records.update([{ key: scheduleKey('tenant-42.digest'), change }])
    for (const refused of [await send('DELETE', path), await send('PUT', path, digest, { 'if-match': '"1"' })]) {
      expect(await problemIn(refused)).toMatchObject({ status: 409, code: 'owned_by_code' })
    }
    expect((await send('PATCH', path, { paused: true })).status).toBe(200)
  })
})

describe('GET /v1/schedules', () => {
  async function kitOf(count: number) {
    const kit = httpKit()
    const names = Array.from({ length: count }, (_, index) => `s${index}`)
    const schedules = schedulesOn(kit.deps, actsOf({ ...kit.deps, onSchedules: () => onSchedules }))
    for (const name of names) await schedules.put(name, { type: 'echo', cron: '0 8 * * *', input: name })
    return { ...kit, names }
  }

  it('lists all of them, page by page, each once', async () => {
    const { get, names } = await kitOf(23)
    const found: string[] = []
    const sizes: number[] = []
    let cursor = ''
    do {
      const page = (await (await get(`/v1/schedules?limit=5${cursor}`)).json()) as { schedules: Shown[]; next?: string }
      found.push(...page.schedules.map(({ name }) => name))
      sizes.push(page.schedules.length)
      cursor = page.next === undefined ? '' : `&cursor=${page.next}`
    } while (cursor !== '')
    expect(found.toSorted()).toEqual(names.toSorted())
    expect(Math.max(...sizes)).toBe(5)
  })

  it('ends a page before the answer grows too large', async () => {
    const { deps } = httpKit()
    const schedules = schedulesOn(deps, actsOf({ ...deps, onSchedules: () => onSchedules }))
    for (let index = 0; index < 14; index += 1) {
      await schedules.put(`s${index}`, { type: 'echo', every: '1h', input: 'x'.repeat(380_000) })
    }
    const page = await schedulePage(deps, 100)
    expect(page.schedules.length).toBeGreaterThan(5)
    expect(JSON.stringify(page).length).toBeLessThan(4 * 1024 * 1024)
    const rest = await schedulePage(deps, 100, page.next)
    expect(page.schedules.length + rest.schedules.length).toBe(14)
  })

  const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const lane = Number(laneOfSchedule('s1').split('#')[1])
  const row = ['2027-01-01T00:00:00.000Z', '#schedule/s1', 'schedule']

  it.each([
    ['no cursor', 'x'],
    ['another lane', cursorOf([4])],
    ['more than a cursor', cursorOf([0, 'x', 1])],
    ['a row of another lane', cursorOf([(lane + 1) % 4, JSON.stringify(row)])],
    ['a row of something else', cursorOf([lane, JSON.stringify([row[0], '#control', 'control'])])],
    ['no instant', cursorOf([lane, JSON.stringify(['x', row[1], row[2]])])],
    ['a name that none has', cursorOf([lane, JSON.stringify([row[0], '#schedule/a b', 'schedule'])])],
    ['an empty one', ''],
  ])('refuses %s as a cursor', async (_, cursor) => {
    const { get } = await kitOf(1)
    expect(await problemIn(await get(`/v1/schedules?cursor=${cursor}`))).toMatchObject({ status: 400, field: 'cursor' })
  })

  it('takes a cursor whose row is gone', async () => {
    const { get } = await kitOf(1)
    expect((await get(`/v1/schedules?cursor=${cursorOf([lane, JSON.stringify(row)])}`)).status).toBe(200)
  })

  it.each(['limit=0', 'limit=101', 'limit=1.5', 'limit=', 'limit=x', 'limit=1&limit=2', 'limits=1', 'limit=%00'])(
    'refuses ?%s',
    async query => {
      const response = await httpKit().get(`/v1/schedules?${query}`)
      expect(response.status).toBe(400)
      expect((await problemIn(response)).field).toMatch(/limit/)
    },
  )
})
