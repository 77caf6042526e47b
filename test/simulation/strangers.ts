/** Writers who do not know the code: other languages, people in the console, a later release. */
import { type Item, toItem } from '../../lib/aws/dynamodb/item.ts'
import { isTerminal, type RawJob } from '../../lib/core/job/job.ts'
import { formatInstant } from '../../lib/core/values/instant.ts'
import type { ActPlan } from './plan.ts'
import type { Sim } from './sim.ts'

export function strange(sim: Sim, plan: ActPlan): void {
  switch (plan.act) {
    case 'foreignBare':
      return put(sim, plan, {})
    case 'foreignTypo':
      return put(sim, plan, { queue: { S: 'defualt' } })
    case 'foreignCounted':
      return put(sim, plan, { snoozes: { N: '0' }, attempt: { N: '0' } })
    case 'foreignLate':
      return put(sim, plan, { scheduledAt: { S: spelt(sim.loop.now + plan.delayMs, plan.which) } })
    case 'foreignStray':
      return put(sim, plan, { state: { S: plan.which % 2 === 0 ? 'SCHEDULED' : 'RETRY' } })
    case 'editEnded':
      return edit(sim, plan, { state: { S: plan.which % 2 === 0 ? 'CANCELLED' : 'COMPLETED' } })
    case 'editTime':
      return edit(sim, plan, { scheduledAt: { S: spelt(sim.loop.now + plan.delayMs, plan.which) } })
    case 'editLater':
      return edit(sim, plan, laterMarks[plan.which % guardedMarks] ?? {})
    case 'later':
      return putLater(sim, plan)
    case 'loseRow':
      return loseRow(sim, plan)
    default:
      return
  }
}

/** The same instant in spellings that are not ours, or no instant at all. */
function spelt(at: number, which: number): string {
  const inOslo = formatInstant(at + 3_600_000).replace('Z', '+01:00')
  return [inOslo, formatInstant(at).replace('.000Z', 'Z'), 'tomorrow'][which % 3] ?? ''
}

/** A foreign writer knows no more than four attributes, and perhaps one that it gets wrong. */
function put(sim: Sim, { which }: ActPlan, more: Item): void {
  const job = sim.plan.jobs[which % sim.plan.jobs.length]
  if (job === undefined) return
  const id = `foreign-${sim.facts.jobs.size}`
  const input = JSON.stringify({ n: job.n })
  const facts = sim.facts.job(id)
  facts.isAcknowledged = true
  // The stream brings AVAILABLE items only.
  facts.isAstray = more['state'] !== undefined
  sim.table.write('foreign', id, { ...toItem({ id, type: job.type, state: 'AVAILABLE', input }), ...more })
}

const waits = ({ state, lane }: RawJob): boolean => state !== undefined && !isTerminal(state) && lane !== undefined

function edit(sim: Sim, { which, act }: ActPlan, more: Item): void {
  const waiting = [...sim.table.items()].filter(
    item => waits(item) && item.state !== 'IN_PROGRESS' && !sim.table.isOfLater(item.id ?? ''),
  )
  const id = waiting[which % Math.max(1, waiting.length)]?.id
  if (id === undefined) return
  sim.count(`edited ${act}`)
  sim.table.write('edit', id, { ...sim.table.item(id), ...more })
}

/** What a later release may leave in an item: each of them is a reason to let it alone. */
const laterMarks: readonly Item[] = [{ state: { S: 'BLOCKED' } }, { fmt: { N: '2' } }]

/** So many of them are in the guards of this release's starts. */
const guardedMarks = 1

/** A job of a later release, in any state, at any age, in a lane that the sweeper walks, with a message of this release. */
function putLater(sim: Sim, { which, delayMs }: ActPlan): void {
  const { loop, table, plan, queues, mapping } = sim
  const { type, queue } = plan.types[which % plan.types.length] ?? { type: 't0', queue: 'default' }
  const id = `later-${sim.facts.jobs.size}`
  const at = loop.now + (which % 3 === 0 ? delayMs : 0)
  const state = (['RESERVED', 'IN_PROGRESS', 'SCHEDULED', 'AVAILABLE', 'RETRY'] as const)[which % 5] ?? 'RESERVED'
  const job: RawJob = { id, type, queue, state, input: JSON.stringify({ n: 0 }), attempt: 0, attemptsLeft: 5 }
  const times: RawJob = {
    scheduledAt: at,
    insertedAt: loop.now,
    fence: 1,
    shard: 0,
    lane: `${queue}#live#0`,
    lookAt: at,
  }
  const held: RawJob =
    state === 'IN_PROGRESS' ? { owner: 'owner-of-later', leaseUntil: at, attempt: 1, attemptsLeft: 4 } : {}
  sim.facts.job(id)
  table.write('foreign', id, { ...toItem({ ...job, ...times, ...held }), ...laterMarks[which % laterMarks.length] })
  // Where the guards of this release do not look, the later one sends messages that this one cannot read.
  const isGuarded = which % laterMarks.length < guardedMarks
  if (state !== 'AVAILABLE') queues.put(queue, JSON.stringify({ v: isGuarded ? 1 : 4, id, fence: 1, type, at }))
  mapping.nudge(queue)
}

function loseRow({ table, index, facts }: Sim, { which }: ActPlan): void {
  const waiting = [...table.items()].filter(waits)
  const id = waiting[which % Math.max(1, waiting.length)]?.id
  if (id === undefined) return
  facts.job(id).isAstray = true
  index.lose(id)
}

/** Whether a message is for a later release, whose job has not ended and still waits for this message. */
export function isForLater({ table }: Sim, body: string): boolean {
  const id = /"id":"([^"]+)"/.exec(body)?.[1] ?? ''
  const fence = Number(/"fence":(\d+)/.exec(body)?.[1] ?? 0)
  const { state, fence: current = 0 } = table.raw(id) ?? {}
  return table.isOfLater(id) && fence >= current && (state === undefined || !isTerminal(state))
}
