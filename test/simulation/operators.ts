/** People, and what happens to a table and a queue from outside. */
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import { isTerminal, type RawJob } from '../../lib/core/job/job.ts'
import { isExpected } from './clients.ts'
import { type ActPlan, extraActs } from './plan.ts'
import type { Proc } from './proc.ts'
import { type Sim, startAt } from './sim.ts'
import { strange } from './strangers.ts'

export function startOperators(sim: Sim): void {
  for (const act of sim.plan.acts) sim.loop.at(startAt + act.atMs, () => perform(sim, act))
  expireNowAndThen(sim)
}

function perform(sim: Sim, plan: ActPlan): void {
  sim.count(`act ${plan.act}`)
  const input = plan.n === undefined ? undefined : JSON.stringify({ n: plan.n })
  const jobs = [...sim.table.items()].filter(
    job => job.state !== undefined && (input === undefined || job.input === input),
  )
  const item = jobs[plan.which % Math.max(1, jobs.length)]
  switch (plan.act) {
    case 'foreign':
      return foreign(sim, plan)
    case 'damaged':
      return damage(sim, plan)
    case 'garbage':
      return garbage(sim, plan)
    case 'purge':
      return purge(sim)
    case 'expire':
      return
    case 'resendAll':
      return resendAll(sim)
    default:
      if (isExtra(plan.act)) return strange(sim, plan)
      if (item?.id === undefined) return
      if (plan.act === 'edit') edit(sim, { ...item, id: item.id })
      else command(sim, plan, item.id)
  }
}

/** A person who knows that the messages are lost. */
function resendAll(sim: Sim): void {
  const operator = sim.spawn('operator')
  sim.loop.wake()
  sim.uses.resendAll(sim.depsFor(operator)).then(
    () => operator.end(),
    () => operator.end(),
  )
}

const isExtra = (act: string): boolean => (extraActs as readonly string[]).includes(act)

function command(sim: Sim, { act, delayMs, which }: ActPlan, id: string): void {
  const { uses, loop, facts } = sim
  const operator: Proc = sim.spawn('operator')
  const deps = sim.depsFor(operator)
  sim.trace(`${operator.name} asks for ${act} of ${id}`)
  facts.job(id).isDisturbed = true
  loop.wake()
  const answered = (() => {
    switch (act) {
      case 'cancel':
        return uses.cancel(deps, id, undefined, { alsoNext: which % 2 === 1 })
      case 'requeue':
        return uses.requeue(deps, id)
      case 'requeueLater':
        return uses.requeue(deps, id, { delayMs })
      case 'reschedule':
        return uses.reschedule(deps, id, { delayMs })
      case 'delete':
        return uses.remove(deps, id)
      case 'signal':
        return uses.sendSignal(deps, id, 'go', { at: loop.now })
      default:
        return uses.runNow(deps, id)
    }
  })()
  answered.then(
    outcome => {
      if (operator.isDead) return
      sim.trace(`${operator.name} is told ${outcome.kind}`)
      sim.count(`act ${act} ${outcome.kind}`)
      operator.end()
    },
    (error: unknown) => {
      if (!isExpected(error)) sim.violate('I15', `${act} threw ${String(error)}`)
    },
  )
}

/** The console: one attribute of the item, whatever the state. */
function edit(sim: Sim, item: RawJob & { id: string }): void {
  sim.count(`edit from ${item.state}`)
  sim.table.write('edit', item.id, { ...sim.table.item(item.id), state: { S: 'AVAILABLE' } })
}

/** A foreign writer knows no more than four attributes, and perhaps a time. */
function foreign(sim: Sim, { which, delayMs }: ActPlan): void {
  const job = sim.plan.jobs[which % sim.plan.jobs.length]
  if (job === undefined) return
  const id = `foreign-${sim.facts.jobs.size}`
  const due = delayMs === 0 ? {} : { scheduledAt: sim.loop.now + delayMs }
  const input = JSON.stringify({ n: job.n })
  sim.table.write('foreign', id, toItem({ id, type: job.type, state: 'AVAILABLE', input, ...due }))
  sim.facts.job(id).isAcknowledged = true
}

/** Rows at the head of every lane whose items cannot be read. */
function damage(sim: Sim, { which }: ActPlan): void {
  for (let shard = 0; shard < 5; shard += 1) {
    for (let copy = 0; copy < 3; copy += 1) {
      const id = `damaged-${which}-${shard}-${copy}`
      for (const queue of ['default', 'other']) {
        const its = `${id}-${queue}`
        sim.table.write('foreign', its, toItem({ id: its, lane: `${queue}#live#${shard}`, lookAt: startAt }))
      }
    }
  }
}

function garbage(sim: Sim, { which }: ActPlan): void {
  const bodies = ['', 'nonsense', '{"v":2}', JSON.stringify({ v: 1, id: 'nobody', fence: 1, type: 't0', at: 0 })]
  sim.queues.put('default', bodies[which % bodies.length] ?? '')
  sim.mapping.nudge('default')
}

export function purge(sim: Sim): void {
  sim.trace('all messages are lost')
  sim.queues.purge()
  for (const { id, state } of sim.table.items()) {
    if (id !== undefined && state !== undefined && !isTerminal(state)) sim.facts.job(id).isPurged = true
  }
}

/**
 * DynamoDB deletes what has outlived its ttl, live or not. It spares items that a console edit made AVAILABLE and that
 * nobody has adopted yet: that window is open, and documented.
 */
function expireNowAndThen(sim: Sim): void {
  const expired = (): void => {
    if (sim.isQuiet) return
    for (const { id, ttl, insertedAt } of sim.table.items()) {
      if (id === undefined || ttl === undefined || ttl * 1_000 > sim.loop.now) continue
      // Days late in truth; here late enough for no put of its to be under way.
      if ((insertedAt ?? 0) + minAgeMs > sim.loop.now || sim.facts.job(id).awaitsAdoption) continue
      sim.count('act ttl deletes')
      sim.table.expire(id)
    }
    sim.loop.after(97_000, expired)
  }
  if (sim.plan.acts.some(({ act }) => act === 'expire')) sim.loop.after(minAgeMs, expired)
}

const minAgeMs = 600_000
