/**
 * Worlds of families: jobs that wait for others which they made, with crashes, a recorder that is late, down or deaf, handlers
 * deaf to their signal, children that fail, are deleted, and are retried after the join.
 */
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { childJobId } from '../../lib/core/job/ids.ts'
import { isTerminal } from '../../lib/core/job/job.ts'
import { Chance } from './chance.ts'
import { roughRates } from './gate-themes.ts'
import type { ActPlan, Behaviour, JobPlan, Plan } from './plan.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'
import type { Write } from './table.ts'
import { seenIn } from './workflows.ts'

const minute = 60_000
const hour = 60 * minute

export type Family = Extract<Behaviour, { kind: 'family' }>

/** What became of the jobs of a world. */
interface Ends {
  /** Jobs that have ended once, or were deleted. */
  readonly ended: Set<string>
  /** The first join that came before its last child had ended. */
  early: string | undefined
}

const worlds = new WeakMap<Sim, Ends>()

export function endsIn(sim: Sim): Ends {
  const known = worlds.get(sim)
  if (known !== undefined) return known
  const ends: Ends = { ended: new Set(), early: undefined }
  worlds.set(sim, ends)
  sim.watchers.push({ wrote: write => noteEnd(ends, write) })
  return ends
}

function noteEnd({ ended }: Ends, { id, before, after }: Write): void {
  const isEnd = after?.state !== undefined && isTerminal(after.state) && after.next === undefined
  if (isEnd || (after === undefined && before !== undefined)) ended.add(id)
}

interface Called {
  readonly n: number
  readonly ctx: RunContext
}

/** One run of a parent: a step, its children, and a step that comes after them. */
export async function family(sim: Sim, worker: Proc, behaviour: Family, { ctx }: Called): Promise<void> {
  const { clock } = worker
  const saw = (name: string, value: unknown): void => compare(sim, ctx, name, value)
  await clock.sleep(behaviour.workMs, behaviour.isDeaf ? undefined : ctx.signal)
  const contract = sim.runner.jobs['t1']
  if (contract === undefined) throw new Error('children have no type')
  const jobs = behaviour.children.map(({ n, delayMs }) => jobRequest(contract, { n }, { delayMs }))
  const options = { failures: 'collect', cancelChildren: behaviour.isBound } as const
  const outcomes = await ctx.all('kids', jobs, options)
  checkJoin(sim, ctx, jobs.length)
  saw(
    'kids',
    outcomes.map(({ kind, id }) => `${kind} ${id}`),
  )
  for (const { kind } of outcomes) sim.count(`child ${kind}`)
  saw('after', await ctx.step('after', () => `after ${outcomes.length}`))
  if (behaviour.restMs > 0) await ctx.sleep('rest', `${behaviour.restMs}ms`)
}

/** All runs of a generation see one value. */
function compare(sim: Sim, { job }: RunContext, name: string, value: unknown): void {
  const seen = seenIn(sim)
  const key = `${job.id} ${sim.table.raw(job.id)?.life ?? ''} ${job.generation} ${name}`
  const known = seen.values.has(key) ? seen.values.get(key) : value
  seen.values.set(key, known)
  if (JSON.stringify(known) === JSON.stringify(value)) return
  seen.unstable ??= `${key} was ${JSON.stringify(known)}, and is ${JSON.stringify(value)}`
}

function checkJoin(sim: Sim, { job }: RunContext, of: number): void {
  const { id, generation } = job
  const ends = endsIn(sim)
  const life = sim.table.raw(id)?.life ?? ''
  const group = { id, life, generation, name: 'kids' }
  sim.count('family joined')
  for (let index = 0; index < of; index += 1) {
    const child = childJobId(group, index)
    if (!ends.ended.has(child)) ends.early ??= `${id} goes on before its child ${index}, ${child}, has ended`
  }
}

/** A recorder that sees nothing of families for three hours, or ever, or all the while. */
const recorders = [{}, {}, { recorderDownMs: 3 * hour }, { losesJoins: 0.5 }, { losesJoins: 1 }] as const

export function families(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'families')
  const timeoutMs = chance.pick([5_000, 30_000])
  const parents = chance.int(1, 3)
  const child = (): Behaviour => {
    const kind = chance.pick(['succeed', 'succeed', 'succeed', 'fail', 'failForGood', 'ignore'] as const)
    return { kind, workMs: kind === 'ignore' ? timeoutMs * 3 : chance.int(5, timeoutMs / 4) }
  }
  const children = Array.from({ length: 12 }, (_, index): JobPlan => {
    const n = parents + index
    return { n, type: 't1', script: Array.from({ length: 3 }, child), priority: 0 }
  })
  const jobs = Array.from({ length: parents }, (_, n): JobPlan => {
    // What it asks for is a matter of the code, not of the run.
    const count = chance.pick([1, 2, 5, 9])
    const asked = Array.from({ length: count }, () => ({
      n: parents + chance.int(0, children.length - 1),
      delayMs: chance.pick([0, 0, 0, 20_000, 5 * minute, 20 * minute]),
    }))
    const [isBound, restMs] = [chance.isTrue(0.5), chance.pick([0, 0, 90_000, 20 * minute])]
    const script = Array.from({ length: 6 }, (): Family => {
      const workMs = chance.isTrue(0.2) ? chance.int(timeoutMs, timeoutMs * 3) : chance.int(1, 500)
      return { kind: 'family', workMs, isDeaf: chance.isTrue(0.5), children: asked, isBound, restMs }
    })
    return { n, type: 't0', script, priority: 0 }
  })
  const enqueues = jobs.map(({ n }) => ({ atMs: chance.int(1_000, 2 * minute), requests: [{ n, delayMs: 0 }] }))
  const acts = Array.from({ length: chance.int(0, 8) }, (): ActPlan => {
    const act = chance.pick([
      'cancel',
      'cancel',
      'requeue',
      'requeue',
      'runNow',
      'reschedule',
      'delete',
      'edit',
    ] as const)
    const atMs = chance.int(1_000, plan.chaosMs)
    return { act, atMs, which: chance.int(0, 1_000), delayMs: chance.pick([0, 30_000]) }
  })
  const common = {
    queue: plan.queues[0] ?? 'default',
    timeoutMs,
    maxSnoozes: 1_000,
    backoff: { kind: 'fixed', delayMs: 5_000 },
    history: false,
    keepMs: 7 * 86_400_000,
  } as const
  const types = [
    { ...common, type: 't0', maxAttempts: chance.int(3, 6), enqueues: ['t1'] },
    { ...common, type: 't1', maxAttempts: chance.int(1, 3) },
  ]
  const rates = { ...roughRates, frozen: 0.2, sandboxKept: 0.6 }
  const rest = { concurrency: 20, maxReceiveCount: 1_000, batchSize: chance.pick([1, 3, 10]), losesAllAtQuiet: false }
  const world = { ...rest, ...chance.pick(recorders), types, jobs: [...jobs, ...children], enqueues, acts }
  return { ...plan, profile: 'directed', rates, ...world }
}
