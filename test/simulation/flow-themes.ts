/** Worlds of workflows under several releases, and of workflows that are longer than a run. */
import { Chance } from './chance.ts'
import { changed } from './flow-shapes.ts'
import type { FlowPart, FlowRelease, Plan } from './plan.ts'
import { type Flow, workflows } from './workflows.ts'

const minute = 60_000

const bookedParts: readonly FlowPart[] = [
  { kind: 'version', name: 'kind' },
  { kind: 'step', name: 'first' },
  { kind: 'book', name: 'ledger' },
  { kind: 'both', names: ['left', 'right'] },
  { kind: 'sleep', name: 'rest' },
  { kind: 'wait', name: 'go' },
  { kind: 'pay', name: 'pay' },
  { kind: 'book', name: 'receipts' },
]

/** Answers get lost, too; and in some worlds most transactions come late, whatever their run does meanwhile. */
const more = (chance: Chance) => ({ storeAnswerLost: 0.02, transactionLate: chance.pick([0, 0.1, 0.7]) })

const eachRun = (plan: Plan, change: (run: Flow, n: number) => Flow): Plan['jobs'] =>
  plan.jobs.map(job => ({ ...job, script: job.script.map(one => (one.kind === 'flow' ? change(one, job.n) : one)) }))

/** As in `workflows`; and two or three times a release brings other steps, beside the one before it for a while. */
export function redeployedFlows(plan: Plan): Plan {
  const world = workflows(plan)
  const chance = new Chance(plan.seed, 'redeployedFlows')
  const flows: FlowRelease[] = [{ atMs: 0, besideMs: 0, parts: bookedParts }]
  for (let release = 1; release <= chance.int(2, 3); release += 1) {
    const atMs = chance.int(minute, Math.max(2 * minute, plan.chaosMs * 0.7))
    const besideMs = chance.pick([0, minute, 10 * minute])
    flows.push({ atMs, besideMs, parts: [] })
  }
  const inTime = flows.toSorted((a, b) => a.atMs - b.atMs)
  for (const [index, release] of inTime.entries()) {
    const before = inTime[index - 1]?.parts
    inTime[index] = before === undefined ? release : { ...release, parts: changed(chance, before, index) }
  }
  const ends = world.jobs.map(() => chance.pick([{}, { ends: 'commits' }, { ends: 'goesOn' }] as const))
  const jobs = eachRun(world, (run, n) => ({ ...run, ...ends[n] }))
  return { ...world, rates: { ...world.rates, ...more(chance) }, jobs, flows: inTime }
}

/** Flows of many steps, which take longer than one run may: they go on in the next one, or as another generation. */
export function longFlows(plan: Plan): Plan {
  const world = workflows(plan)
  const chance = new Chance(plan.seed, 'longFlows')
  const parts = Array.from({ length: chance.int(4, 14) }, (_, index): FlowPart => {
    const name = `part ${index}`
    if (chance.isTrue(0.2)) return { kind: 'book', name }
    if (chance.isTrue(0.1)) return { kind: 'sleep', name }
    return { kind: 'step', name, share: chance.int(5, 65) / 100, isTimed: chance.isTrue(0.5) }
  })
  const ends = world.jobs.map(() =>
    chance.pick([{}, { ends: 'commits' }, { ends: 'goesOn' }, { ends: 'goesOn' }] as const),
  )
  const isSnoozing = chance.isTrue(0.5)
  const jobs = eachRun(world, (run, n) => ({
    ...run,
    ...ends[n],
    workMs: chance.int(10, 2_000),
    isDeaf: chance.isTrue(0.3),
    sleepMs: chance.pick([500, 5_000, 2 * minute]),
    ...(isSnoozing && chance.isTrue(0.3) ? { snoozesAt: chance.int(0, parts.length - 1) } : {}),
  }))
  const maxDurationMs = chance.pick([0, 2 * minute, 5 * minute, 20 * minute])
  const maxSnoozes = chance.pick([2, 4, 1_000])
  const age = maxDurationMs === 0 ? {} : { maxDurationMs }
  const types = world.types.map(type => ({ ...type, ...age, maxSnoozes, timeoutMs: chance.pick([5_000, 30_000]) }))
  const rates = { ...world.rates, ...more(chance), killed: 0.1, frozen: 0.1 }
  return { ...world, rates, types, jobs, flows: [{ atMs: 0, besideMs: 0, parts }] }
}

/** Short flows that begin anew, and people who cancel them as they run. */
export function cancelledFlows(plan: Plan): Plan {
  const world = workflows(plan)
  const chance = new Chance(plan.seed, 'cancelledFlows')
  const parts: readonly FlowPart[] = [{ kind: 'step', name: 'only', share: 0.5 }]
  const jobs = eachRun(world, run => ({ ...run, isDeaf: false, ends: 'goesOn' }))
  const acts = world.enqueues.flatMap(({ atMs, requests }) =>
    requests.map(({ n, delayMs }) => {
      return { act: 'cancel', which: 0, n, atMs: atMs + delayMs + chance.int(50, 6_000), delayMs: 0 } as const
    }),
  )
  const types = world.types.map(type => ({ ...type, timeoutMs: 5_000 }))
  return { ...world, rates: { storeSlow: 0.2 }, types, jobs, acts, flows: [{ atMs: 0, besideMs: 0, parts }] }
}

/** Nothing but bookings, most of which come late: others of their job meet them. */
export function lateBookings(plan: Plan): Plan {
  const world = workflows(plan)
  const parts = ['a', 'b', 'c'].map(name => ({ kind: 'book', name }) as const)
  const jobs = eachRun(world, run => ({ ...run, workMs: 10, isDeaf: true }))
  const types = world.types.map(type => ({ ...type, timeoutMs: 5_000, maxAttempts: 20 }))
  const rates = { transactionLate: 0.9, killed: 0.1 }
  return { ...world, rates, types, jobs, acts: [], flows: [{ atMs: 0, besideMs: 0, parts }] }
}
