import { describe, expect, it } from 'vitest'
import { httpKit, problemIn } from '../http-kit.ts'

interface Page {
  readonly jobs: readonly { readonly id: string; readonly type: string; readonly why?: string }[]
  readonly looked: number
  readonly next?: string
}
const pageIn = async (response: Response) => (await response.json()) as Page

async function kitWithJobs() {
  const kit = httpKit()
  const ids: string[] = []
  for (let index = 0; index < 5; index += 1) {
    const { id } = (await (
      await kit.post({ type: 'echo', input: 'secret', delay: `${index + 1}h` })
    ).json()) as Page['jobs'][0]
    ids.push(id)
  }
  await kit.post({ type: 'sum', input: { numbers: [1] } })
  return { ...kit, ids }
}

describe('GET /v1/jobs', () => {
  it('lists what matches, page by page, without inputs', async () => {
    const { get, ids } = await kitWithJobs()
    const first = await pageIn(await get('/v1/jobs?queue=default&phase=live&type=echo&limit=3'))
    const second = await pageIn(await get(`/v1/jobs?queue=default&phase=live&type=echo&limit=3&cursor=${first.next}`))
    expect([...first.jobs, ...second.jobs].map(({ id }) => id)).toEqual(ids)
    expect(JSON.stringify([first, second])).not.toContain('secret')
  })

  it('shows failed jobs of a queue', async () => {
    const { get } = await kitWithJobs()
    const response = await get('/v1/jobs?queue=default&phase=failed')
    expect([response.status, await response.json()]).toEqual([200, { jobs: [], looked: 0 }])
  })

  it.each(['a/b', 'a?b', 'a#b', 'a%b'])('finds by query the job whose id no path can hold: %s', async id => {
    const { get, store } = httpKit()
    store.put({ id, type: 'echo', state: 'AVAILABLE', input: '1' })
    const page = await pageIn(await get(`/v1/jobs?id=${encodeURIComponent(id)}`))
    expect(page.jobs.map(job => job.id)).toEqual([id])
    expect((await pageIn(await get('/v1/jobs?id=none'))).jobs).toEqual([])
  })

  it.each([
    ['queue=nowhere', 'queue'],
    ['phase=dead', 'phase'],
    ['phase=failed&state=RETRY', 'state'],
    ['state=BLOCKED', 'state'],
    ['why=TypeError', 'why'],
    ['parked=false', 'parked'],
    ['parked=true&phase=failed', 'parked'],
    ['order=up', 'order'],
    ['from=yesterday', 'from'],
    ['from=2027-02-01T00:00:00Z&to=2027-01-01T00:00:00Z', 'from'],
    ['limit=101', 'limit'],
    ['limits=1', 'query.limits'],
    ['cursor=x', 'cursor'],
    ['type=', 'type'],
    ['id=a&queue=default', 'id and queue'],
  ])('refuses ?%s', async (query, field) => {
    const response = await httpKit().get(`/v1/jobs?${query}`)
    expect(response.status).toBe(400)
    expect(await problemIn(response)).toMatchObject({ code: 'invalid_input', field })
  })

  it('refuses a cursor of another list', async () => {
    const { get } = await kitWithJobs()
    const { next } = await pageIn(await get('/v1/jobs?queue=default&limit=2'))
    expect((await get(`/v1/jobs?queue=default&limit=3&cursor=${next}`)).status).toBe(200)
    expect(await problemIn(await get(`/v1/jobs?queue=numbers&cursor=${next}`))).toMatchObject({ field: 'cursor' })
  })
})
