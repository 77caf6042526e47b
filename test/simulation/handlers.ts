import { FailForGood, RetryAfter } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { JobHandler } from '../../lib/core/definition/run-hooks.ts'
import { handle } from '../../lib/define/handle.ts'
import { transferOf } from './bank.ts'
import { family } from './families.ts'
import type { Behaviour } from './plan.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'
import { flow } from './workflows.ts'

export interface Input {
  readonly n: number
}

/** Every third job runs for nobody in particular. */
export const tenantOfInput = ({ n }: Partial<Input>): string | undefined =>
  n === undefined || n % 3 === 0 ? undefined : `tenant-${n % 3}`

/** The handlers of one worker. One that was not deployed yet lacks the last type. */
export function handlersFor(sim: Sim, worker: Proc, queue: string): readonly JobHandler[] {
  const contracts = Object.values(sim.runner.jobs).filter(one => !sim.plan.hasOwnHandlers || one.queue === queue)
  const known = sim.faults.happens('oldWorker') ? contracts.slice(0, -1) : contracts
  return known.map(contract => handle(contract, (input, ctx) => run(sim, worker, askedFor(input as Given), ctx)))
}

type Plain = Exclude<Behaviour, { kind: 'commit' | 'flow' | 'family' }>
/** What follows a failed job gets that job, and does as it did. */
type Given = Input | { readonly input: Given }
const askedFor = (given: Given): Input => ('n' in given ? given : askedFor(given.input))

type Commit = Extract<Behaviour, { kind: 'commit' }>

const maxScripted = 20

const forever = (): Promise<never> => new Promise(() => {})

async function run(sim: Sim, worker: Proc, { n }: Input, ctx: RunContext): Promise<unknown> {
  // It died in this very turn of the event loop: its code goes no further.
  if (worker.isDead) return forever()
  const { script } = sim.plan.jobs[n % sim.plan.jobs.length] ?? { script: [] }
  // A foreign item knows no `maxSnoozes` but the default: a job that always snoozes would outlast the drain.
  const planned =
    ctx.attempt > maxScripted && !isWorkflow(script[0]) ? undefined : script[(ctx.attempt - 1) % script.length]
  const behaviour = planned ?? { kind: 'succeed', workMs: 1 }
  const isSettled = sim.facts.handlerStarted(worker, ctx)
  sim.count(`handler ${behaviour.kind}`)
  let hasCommitted = behaviour.kind === 'commit'
  try {
    if (behaviour.kind === 'commit') await commit(sim, worker, behaviour, { n, ctx })
    else if (behaviour.kind === 'flow') hasCommitted = await flow(sim, worker, behaviour, { n, ctx })
    else if (behaviour.kind === 'family') await family(sim, worker, behaviour, { n, ctx })
    else await act(sim, worker, behaviour, ctx)
    if (worker.isDead) return await forever()
    // That of a commit takes place where the transaction is carried out.
    if (!hasCommitted) sim.facts.effect(ctx.job.id, ctx.signal.aborted)
    return { n, attempt: ctx.attempt }
  } finally {
    isSettled()
  }
}

/** What rests starts often. */
const isWorkflow = (behaviour: Behaviour | undefined): boolean =>
  behaviour?.kind === 'flow' || behaviour?.kind === 'family'

interface Called {
  readonly n: number
  readonly ctx: RunContext
}

async function commit(sim: Sim, worker: Proc, { workMs, isDeaf }: Commit, { n, ctx }: Called): Promise<void> {
  await worker.clock.sleep(workMs, isDeaf ? undefined : ctx.signal)
  if (worker.isDead) return forever()
  sim.facts.commits(worker, ctx.job.id)
  await ctx.commit(transferOf(n))
  // Nobody waits for these any more.
  void ctx.heartbeat()
  void ctx.progress(99)
  if (n % 3 === 0) throw new Error('after the commit')
}

async function act(sim: Sim, worker: Proc, behaviour: Plain, ctx: RunContext): Promise<void> {
  const { clock } = worker
  switch (behaviour.kind) {
    case 'succeed':
      return clock.sleep(behaviour.workMs, ctx.signal)
    case 'fail':
      await clock.sleep(behaviour.workMs, ctx.signal)
      throw new Error(`attempt ${ctx.attempt} fails`)
    case 'failForGood':
      await clock.sleep(behaviour.workMs, ctx.signal)
      throw new FailForGood('hopeless')
    case 'retryAfter':
      await clock.sleep(behaviour.workMs, ctx.signal)
      throw new RetryAfter(`${behaviour.delayMs}ms`)
    case 'snooze':
      await clock.sleep(behaviour.workMs, ctx.signal)
      return ctx.snooze(`${behaviour.delayMs}ms`)
    case 'honour':
      await clock.sleep(3_600_000, ctx.signal)
      throw ctx.signal.reason
    case 'never':
      return forever()
    case 'ignore':
      return clock.sleep(behaviour.workMs)
    case 'block':
      sim.facts.tookDown(worker, ctx.job.id)
      worker.freeze(behaviour.workMs)
      return clock.turn()
    case 'beat':
      for (let beat = 1; beat <= behaviour.beats; beat += 1) {
        await clock.sleep(behaviour.everyMs, ctx.signal)
        await (beat % 2 === 0 ? ctx.progress(beat * 10) : ctx.heartbeat())
      }
      return
    case 'exit':
      await clock.sleep(behaviour.workMs, ctx.signal)
      sim.facts.tookDown(worker, ctx.job.id)
      worker.kill('its handler exits')
      return forever()
    case 'obey':
      return clock.sleep(3_600_000, ctx.signal)
    case 'beatUnawaited':
      for (let at = 0; at < behaviour.workMs && !worker.isDead; at += behaviour.everyMs) {
        void ctx.heartbeat()
        void ctx.progress(Math.min(100, at / 1_000))
        await clock.sleep(behaviour.everyMs)
      }
      return
    case 'progressAfterEnd':
      void clock.sleep(behaviour.workMs + behaviour.laterMs).then(() => {
        void ctx.progress(90)
        void ctx.heartbeat()
      })
      return clock.sleep(behaviour.workMs, ctx.signal)
  }
}
