/** Worlds of workflows: handlers with steps, rests and signals, whose runs crash, overlap and are deaf to their signals. */
import { toRecordItem } from '../../lib/aws/dynamodb/record-item.ts'
import { beganAt } from '../../lib/core/decide/step-time.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { StepFailed, type StepOptions } from '../../lib/core/definition/workflow.ts'
import { type Job, lifeOf } from '../../lib/core/job/job.ts'
import { type Cell, cellFrom } from '../../lib/core/records/cell.ts'
import { partsOf } from '../../lib/core/records/keys.ts'
import type { ActionReason, TransactAction, TransactOutcome } from '../../lib/ports/record-store.ts'
import { transferOf } from './bank.ts'
import { Chance } from './chance.ts'
import { partsFor } from './flow-shapes.ts'
import { roughRates } from './gate-themes.ts'
import { bookingsOf, entryOf } from './ledger.ts'
import type { ActPlan, Behaviour, FlowPart, JobPlan, Plan } from './plan.ts'
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
  /** Names of steps that write something of the application's own with their cell. */
  readonly bookings: Set<string>
  /** The first value that was not what another run had seen, or that was made for another name. */
  unstable: string | undefined
  /** The first step that was made although its run could have found it; or whose cell is not there. */
  repeated: string | undefined
  /** The first step of a job that was too old for it. */
  overdue: string | undefined
}

const worlds = new WeakMap<Sim, Seen>()

export function seenIn(sim: Sim): Seen {
  const known = worlds.get(sim)
  if (known !== undefined) return known
  const none = { unstable: undefined, repeated: undefined, overdue: undefined }
  const seen = { producedIn: new Map(), values: new Map(), bookings: new Set<string>(), ...none }
  worlds.set(sim, seen)
  // Whoever asks to begin anew may be refused: what it has done counts once that is written.
  sim.watchers.push({
    wrote: ({ id, transition }) => transition?.name === 'continueIfOwner' && sim.facts.effect(id, false),
  })
  return seen
}

/** Longer than any flow of a world that says nothing else. */
const usualMaxMs = 30 * 86_400_000
const maxGenerations = 3

interface Called {
  readonly n: number
  readonly ctx: RunContext
}

/** One run of a workflow. */
interface FlowRun extends Called {
  readonly sim: Sim
  readonly worker: Proc
  readonly behaviour: Flow
  /** What lay in the table as the run began. */
  readonly found: ReadonlyMap<string, Cell>
  readonly isTooOld: boolean
  readonly saw: Map<string, unknown>
}

/**
 * Parts one after the other, as the release of its worker has them: steps, a sleep, a signal, a step that may fail for good,
 * writes of the application's own. @returns whether it has ended its job by a commit
 */
export async function flow(sim: Sim, worker: Proc, behaviour: Flow, { n, ctx }: Called): Promise<boolean> {
  const found = new Map(cellsIn(sim, ctx).map(cell => [cell.name, cell] as const))
  const maxMs = sim.runner.jobs[ctx.job.type]?.policy.maxDurationMs ?? usualMaxMs
  const began = beganAt(found.values())
  const isTooOld = began !== undefined && worker.clock.now() > began + maxMs
  const run: FlowRun = { sim, worker, behaviour, n, ctx, found, isTooOld, saw: new Map() }
  for (const [index, part] of partsFor(sim, worker).entries()) {
    if (behaviour.snoozesAt === index) {
      sim.count('flow snoozed')
      ctx.snooze('5s')
    }
    await take(run, part)
  }
  checkKept(run)
  return end(run)
}

async function take(run: FlowRun, part: FlowPart): Promise<void> {
  const { sim, ctx, behaviour } = run
  switch (part.kind) {
    case 'step':
      return look(run, part.name, await ctx.step(part.name, made(run, part.name, part.share), optionsOf(run, part)))
    case 'both': {
      const both = await Promise.all(part.names.map(name => ctx.step(name, made(run, name))))
      return both.forEach((value, index) => look(run, part.names[index] ?? '', value))
    }
    case 'pay':
      return pay(run, part.name)
    case 'book':
      return book(run, part.name)
    case 'version':
      return look(run, part.name, await ctx.version(part.name, 1 + Math.floor(sim.loop.now / 60_000)))
    case 'sleep':
      await ctx.sleep(part.name, `${behaviour.sleepMs}ms`)
      return sim.count('flow rested')
    case 'wait':
      if (behaviour.signalInMs !== undefined) signalSoon(sim, ctx.job.id, behaviour.signalInMs)
      return look(run, part.name, await ctx.waitFor(part.name, { timeout: '40m' }))
  }
}

function optionsOf({ sim, ctx }: FlowRun, { share, isTimed }: Extract<FlowPart, { kind: 'step' }>): StepOptions {
  if (share === undefined || isTimed !== true) return {}
  return { timeout: `${Math.ceil(timeoutOf(sim, ctx) * share * 1.2)}ms` }
}

const timeoutOf = (sim: Sim, { job }: RunContext): number => sim.runner.jobs[job.type]?.policy.timeoutMs ?? minute

async function pay(run: FlowRun, name: string): Promise<void> {
  try {
    look(run, name, await run.ctx.step(name, made(run, name), { attempts: 2 }))
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    run.sim.count('flow compensated')
    look(run, name, `failed: ${error.error.message}`)
  }
}

async function book(run: FlowRun, name: string): Promise<void> {
  const { sim, worker, ctx, behaviour } = run
  seenIn(sim).bookings.add(name)
  await worker.clock.sleep(behaviour.workMs, behaviour.isDeaf ? undefined : ctx.signal)
  const entry = entryOf(ctx.job.id, ctx.job.generation, name)
  look(run, name, await ctx.stepCommit(name, bookingsOf(entry), produce(sim, ctx, name)))
}

async function end({ sim, worker, behaviour, n, ctx }: FlowRun): Promise<boolean> {
  if (behaviour.ends === 'commits') {
    sim.facts.commits(worker, ctx.job.id)
    await ctx.commit(transferOf(n))
    return true
  }
  const mayGoOn = behaviour.ends === 'goesOn' && ctx.job.generation < maxGenerations
  if (!mayGoOn && (behaviour.continues !== true || ctx.job.generation > 1)) return false
  sim.count(`flow goes on as generation ${ctx.job.generation + 1}`)
  return ctx.continueAsNew({ n })
}

/** The function of a step. It is called only where its run can find nothing under the name. */
const made =
  ({ sim, worker, behaviour, ctx, found, isTooOld }: FlowRun, name: string, share?: number) =>
  async (): Promise<string> => {
    const seen = seenIn(sim)
    const step = `${name} of ${ctx.job.id}, generation ${ctx.job.generation},`
    if (found.has(name)) seen.repeated ??= `${step} is made again in attempt ${ctx.attempt}`
    if (isTooOld) seen.overdue ??= `${step} begins in attempt ${ctx.attempt}, and the job is too old`
    const workMs = share === undefined ? behaviour.workMs : share * timeoutOf(sim, ctx)
    await worker.clock.sleep(workMs, behaviour.isDeaf ? undefined : ctx.signal)
    if (behaviour.failsAt === name) throw new Error(`${name} fails`)
    return produce(sim, ctx, name)
  }

/** At its end, each step that a run has seen has its cell. */
function checkKept({ sim, ctx, saw }: FlowRun): void {
  const names = new Set(cellsIn(sim, ctx).map(({ name }) => name))
  const lost = [...saw.keys()].find(name => !names.has(name))
  if (lost === undefined || sim.table.raw(ctx.job.id) === undefined) return
  seenIn(sim).repeated ??= `${lost} of ${ctx.job.id}, generation ${ctx.job.generation}, has no cell`
}

/** What lies in the table of a job's generation, without the ends of waits. */
function cellsIn(sim: Sim, { job }: RunContext): readonly Cell[] {
  const raw = sim.table.raw(job.id)
  if (raw === undefined) return []
  const prefix = partsOf('cell', lifeOf(raw as Job), job.generation)
  return sim.records.all().flatMap(record => {
    const cell = record.id === job.id && record.part.startsWith(prefix) ? cellFrom(record) : undefined
    return cell === undefined || cell.kind === 'wait' ? [] : [cell]
  })
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
  const value = `${name} no. ${producedIn.size}`
  producedIn.set(`${ctx.job.id} ${value}`, ctx.job.generation)
  return value
}

function look({ sim, ctx: { job }, saw }: FlowRun, name: string, value: unknown): void {
  const seen = seenIn(sim)
  const life = sim.table.raw(job.id)?.life ?? ''
  const key = `${job.id} ${life} ${job.generation} ${name}`
  saw.set(name, value)
  const known = seen.values.has(key) ? seen.values.get(key) : value
  seen.values.set(key, known)
  if (JSON.stringify(known) !== JSON.stringify(value)) {
    seen.unstable ??= `${key} was ${JSON.stringify(known)}, and is ${JSON.stringify(value)}`
  }
  const generation = seen.producedIn.get(`${job.id} ${String(value)}`)
  if (generation === undefined) return
  if (generation !== job.generation) seen.unstable ??= `${key} is ${String(value)}, of generation ${generation}`
  if (!String(value).startsWith(`${name} no. `)) seen.unstable ??= `${key} is ${String(value)}, of another step`
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
