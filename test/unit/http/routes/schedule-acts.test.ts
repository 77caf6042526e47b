import { expect, it } from 'vitest'
import { httpKit, problemIn } from '../http-kit.ts'

const path = '/v1/schedules/nightly'
const nightly = { type: 'echo', input: 1, cron: '30 2 * * *', timezone: 'Europe/Berlin' }

it('run enqueues a job, also while it is paused', async () => {
  const { send, store } = httpKit()
  await send('PUT', path, { ...nightly, paused: true })
  const response = await send('POST', `${path}/run`)
  const { id } = (await response.json()) as { id: string }
  expect([response.status, response.headers.get('location')]).toEqual([201, `/v1/jobs/${id}`])
  expect(store.all()).toMatchObject([{ id, type: 'echo', schedule: 'nightly' }])
})

it('preview shows what a clock change does', async () => {
  const { send, get, store } = httpKit()
  const body = { cron: '30 2 * * *', timezone: 'Europe/Berlin', n: 1, from: '2027-03-28T00:00:00Z' }
  const response = await send('POST', '/v1/schedules/preview', body)
  expect([response.status, await response.json()]).toEqual([
    200,
    {
      description: expect.any(String),
      next: [
        { at: '2027-03-28T01:00:00.000Z', local: '2027-03-28T03:00:00+02:00', note: '02:30 is missing (clock +1 h)' },
      ],
    },
  ])
  await send('PUT', path, nightly)
  const shown = (await (await get(`${path}/preview?n=7`)).json()) as { next: readonly unknown[] }
  expect(shown.next).toHaveLength(7)
  expect(((await (await get(`${path}/preview`)).json()) as typeof shown).next).toHaveLength(5)
  expect(store.all()).toEqual([])
})

it.each<[object, string]>([
  [{ cron: '* * * * *', n: 0 }, 'schedule.n'],
  [{ cron: '* * * * *', from: 'tomorrow' }, 'schedule.from'],
  [{ cron: '* * * * ' }, 'schedule.cron'],
  [{}, 'schedule'],
  [{ cron: '* * * * *', type: 'echo' }, 'schedule.type'],
])('preview refuses %j', async (body, field) => {
  const response = await httpKit().send('POST', '/v1/schedules/preview', body)
  expect(await problemIn(response)).toMatchObject({ status: 400, field })
})

it('occurrences are shown with their jobs, the newest first', async () => {
  const { send, get } = httpKit()
  await send('PUT', path, nightly)
  expect(await (await get(`${path}/occurrences?limit=3`)).json()).toEqual({ occurrences: [] })
})

it('answers 404 for a schedule that there is not', async () => {
  const { send, get } = httpKit()
  const answers = [
    await send('POST', '/v1/schedules/none/run'),
    await get('/v1/schedules/none/occurrences'),
    await get('/v1/schedules/none/preview'),
    await get('/v1/schedules/none'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
})
