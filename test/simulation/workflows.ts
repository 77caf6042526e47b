/** Worlds of workflows: handlers with steps, rests and signals, whose runs crash, overlap and are deaf to their signals. */
import { toRecordItem } from '../../lib/aws/dynamodb/record-item.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { StepFailed } from '../../lib/core/definition/workflow.ts'
import type { Job } from '../../lib/core/job/job.ts'
import type { ActionReason, TransactAction, TransactOutcome } from '../../lib/ports/record-store.ts'
import { Chance } from './chance.ts'
import { roughRates } from './gate-themes.ts'
import type { ActPlan, Behaviour, JobPlan, Plan } from './plan.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'

const minute = 60_000

export type Flow = Extract<Behaviour, { kind: 'flow' }>

/** What the steps of a world gave, and what the runs saw of it. */
export interface Seen {
  /** What was produced, and in which generation of its job. */
  readonly producedIn: Map<string, number>
  /** By job, generation and name. */
  readonly values: Map<string, unknown>
  /** The first value that was not what another run had seen. */
  unstable: string | undefined
}

const worlds = new WeakMap<Sim, Seen>()

export function seenIn(sim: Sim): Seen {
  const seen = worlds.get(sim) ?? { producedIn: new Map(), values: new Map(), unstable: undefined }
  worlds.set(sim, seen)
  return seen
}

interface Called {
  readonly n: number
  readonly ctx: RunContext
}

/** One run of a workflow: steps one after another and at once, a sleep, a signal, and a step that may fail for good. */
export async function flow(sim: Sim, worker: Proc, behaviour: Flow, { n, ctx }: Called): Promise<void> {
  const { clock } = worker
  const saw = (name: string, value: unknown): void => look(sim, ctx, name, value)
  const make = (name: string) => async () => {
    await clock.sleep(behaviour.workMs, behaviour.isDeaf ? undefined : ctx.signal)
    if (behaviour.failsAt === name) throw new Error(`${name} fails`)
    return produce(sim, ctx, name)
  }
  saw('first', await ctx.step('first', make('first')))
  const both = await Promise.all([ctx.step('left', make('left')), ctx.step('right', make('right'))])
  both.forEach((value, index) => saw(index === 0 ? 'left' : 'right', value))
  await ctx.sleep('rest', `${behaviour.sleepMs}ms`)
  sim.count('flow rested')
  if (behaviour.signalInMs !== undefined) signalSoon(sim, ctx.job.id, behaviour.signalInMs)
  saw('go', await ctx.waitFor('go', { timeout: '40m' }))
  try {
    saw('pay', await ctx.step('pay', make('pay'), { attempts: 2 }))
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    sim.count('flow compensated')
    saw('pay', `failed: ${error.error.message}`)
  }
  if (behaviour.continues !== true || ctx.job.generation > 1) return
  sim.facts.effect(ctx.job.id, ctx.signal.aborted)
  ctx.continueAsNew({ n })
}

/** Somebody answers as the handler is about to ask. */
function signalSoon(sim: Sim, id: string, inMs: number): void {
  sim.loop.after(inMs, () => {
    const operator = sim.spawn('operator')
    sim.uses.sendSignal(sim.depsFor(operator), id, 'go', { at: sim.loop.now }).then(
      ({ kind }) => {
        sim.count(`act signal ${kind}`)
        operator.end()
      },
      () => operator.end(),
    )
  })
}

function produce(sim: Sim, ctx: RunContext, name: string): string {
  const { producedIn } = seenIn(sim)
  const value = `${name} ${producedIn.size}`
  producedIn.set(`${ctx.job.id} ${value}`, ctx.job.generation)
  return value
}

function look(sim: Sim, { job }: RunContext, name: string, value: unknown): void {
  const seen = seenIn(sim)
  const life = sim.table.raw(job.id)?.life ?? ''
  const key = `${job.id} ${life} ${job.generation} ${name}`
  const known = seen.values.has(key) ? seen.values.get(key) : value
  seen.values.set(key, known)
  if (JSON.stringify(known) !== JSON.stringify(value)) {
    seen.unstable ??= `${key} was ${JSON.stringify(known)}, and is ${JSON.stringify(value)}`
  }
  const generation = seen.producedIn.get(`${job.id} ${String(value)}`)
  if (generation !== undefined && generation !== job.generation) {
    seen.unstable ??= `${key} is ${String(value)}, of generation ${generation}`
  }
}

/** The transaction of a signal, at one instant: what came, and the wake. */
export function carryOutSignal(
  { records, table, count }: Sim,
  actions: readonly TransactAction[],
  writer: Proc,
): TransactOutcome {
  const [put, change] = actions
  if (put?.kind !== 'put' || (change !== undefined && change.kind !== 'changeJob')) throw new Error('no signal')
  const stored = records.read(put.record)
  const isRefused = change !== undefined && !table.fits(change)
  if (stored !== undefined || isRefused) {
    count('transaction refused signal')
    return {
      kind: 'refused',
      reasons: [
        stored === undefined ? { kind: 'fine' } : { kind: 'refusedByRecord', record: stored },
        ...(change === undefined ? [] : [isRefused ? refusedBy(table.read(change.id)) : ({ kind: 'fine' } as const)]),
      ],
    }
  }
  if (change !== undefined) table.changeOne(change, writer)
  records.putItem(toRecordItem(put.record))
  return { kind: 'done' }
}

const refusedBy = (job: Job | undefined): ActionReason => ({ kind: 'refusedByJob', job })

/** Everything goes wrong that can, while people send signals early, late, twice and never. */
export function workflows(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'workflows')
  const timeoutMs = chance.pick([5_000, 30_000, 60_000])
  const run = (): Flow => ({
    kind: 'flow',
    workMs: chance.isTrue(0.25) ? chance.int(timeoutMs, timeoutMs * 3) : chance.int(10, timeoutMs / 4),
    isDeaf: chance.isTrue(0.5),
    ...(chance.isTrue(0.5) ? { signalInMs: chance.int(0, 60) } : {}),
    sleepMs: chance.pick([500, 30_000, 5 * minute, 20 * minute]),
    ...(chance.isTrue(0.3) ? { failsAt: chance.pick(['first', 'left', 'right', 'pay', 'pay']) } : {}),
  })
  const jobs = Array.from({ length: chance.int(2, 8) }, (_, n): JobPlan => {
    const sleep = run()
    // The sleep is a matter of the code, not of the run.
    const hopeless = chance.isTrue(0.3) ? { failsAt: 'pay' } : {}
    const continues = chance.isTrue(0.2) ? { continues: true } : {}
    const script = Array.from({ length: 6 }, () => ({ ...run(), sleepMs: sleep.sleepMs, ...hopeless, ...continues }))
    return { n, type: 't0', script, priority: 0 }
  })
  const enqueues = jobs.map(({ n }) => ({
    atMs: chance.int(1_000, minute),
    requests: [{ n, delayMs: chance.pick([0, 0, 20_000]) }],
  }))
  const signals = jobs.flatMap(({ n }): ActPlan[] =>
    Array.from({ length: chance.pick([0, 1, 1, 2, 3]) }, () => ({
      act: 'signal',
      which: 0,
      n,
      atMs: chance.int(minute, plan.chaosMs),
      delayMs: 0,
    })),
  )
  const others = Array.from({ length: chance.int(0, 4) }, (): ActPlan => {
    const act = chance.pick(['cancel', 'runNow', 'reschedule', 'requeue', 'delete', 'edit'] as const)
    return {
      act,
      atMs: chance.int(1_000, plan.chaosMs),
      which: chance.int(0, 1_000),
      delayMs: chance.pick([0, 30_000]),
    }
  })
  const rates = { ...roughRates, frozen: 0.2, sandboxKept: 0.6 }
  const type = {
    type: 't0',
    queue: plan.queues[0] ?? 'default',
    timeoutMs,
    maxAttempts: chance.int(2, 6),
    maxSnoozes: 1_000,
    backoff: { kind: 'fixed', delayMs: 5_000 },
    history: false,
    keepMs: 7 * 86_400_000,
  } as const
  const rest = { concurrency: 20, maxReceiveCount: 1_000, batchSize: chance.pick([1, 3]), losesAllAtQuiet: false }
  return { ...plan, ...rest, profile: 'directed', rates, types: [type], jobs, enqueues, acts: [...signals, ...others] }
}
