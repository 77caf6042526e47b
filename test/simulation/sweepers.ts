import { ticketPrefix } from '../../lib/core/records/keys.ts'
import { maxFunctionMs } from '../../lib/core/values/quotas.ts'
import { leadMs, tickMs } from '../../lib/core/values/times.ts'
import { storedSchedules } from './schedules.ts'
import { type Sim, startAt } from './sim.ts'

/** Lambda's time for one tick, as the construct sets it, and what the sweeper keeps of it. */
const functionMs = tickMs
const marginMs = 5_000

/** A tick each minute: lost or doubled in the chaos, and several at once when one is slow. */
export function startSweepers(sim: Sim): void {
  let atWork = 0
  const tick = (): void => {
    const { loop, faults } = sim
    loop.after(tickMs, tick)
    if (faults.happens('tickLost') || isOut(sim)) return
    const isNothingDue = sim.isQuiet && !isAnythingDue(sim)
    if (isNothingDue) return
    for (let copies = faults.happens('tickDoubled') ? 2 : 1; copies > 0; copies -= 1) {
      loop.after(sim.chance.int(0, 1_500), () => {
        if (atWork > 0) sim.count('transport sweepers overlap')
        atWork += 1
        sweepOnce(sim, () => {
          atWork -= 1
        })
      })
    }
  }
  if (sim.plan.hasNoSweeper !== true) sim.loop.at(startAt + tickMs, tick)
}

function isOut({ plan, loop }: Sim): boolean {
  const { outage } = plan.schedules ?? {}
  const atMs = loop.now - startAt
  return outage !== undefined && atMs >= outage.fromMs && atMs < outage.toMs
}

/** A tick of the quiet that would find nothing is left out: it costs time and shows nothing. */
function isAnythingDue({ table, loop, plan, records }: Sim): boolean {
  const schedules = plan.schedules === undefined ? [] : storedSchedules(records, plan.schedules)
  if (schedules.some(({ status }) => status === 'ACTIVE')) return true
  if (records.all().some(({ attributes: { lane } }) => typeof lane === 'string' && lane.includes('#gate#'))) return true
  if (records.all().some(({ id, part, attributes }) => isInLine(id, part) || attributes['behind'] !== undefined))
    return true
  for (const item of table.items()) {
    if (item.lookAt !== undefined && item.lookAt <= loop.now + leadMs && item.lane?.includes('#live#') === true)
      return true
  }
  return false
}

/** A ticket before a queue. */
const isInLine = (id: string, part: string): boolean => id.startsWith('#queue/') && part.startsWith(ticketPrefix)

function sweepOnce(sim: Sim, isOver: () => void): void {
  const { loop, uses, facts } = sim
  const sweeper = sim.spawn('sweeper')
  sweeper.onDeath(isOver)
  loop.after(functionMs + sim.chance.int(0, 1_000), () => sweeper.kill('function timeout'))
  loop.wake()
  const ended = () => {
    if (sweeper.isDead) return
    sweeper.end()
    isOver()
  }
  uses.tick(sim.depsFor(sweeper), sweeper.now() + functionMs - marginMs).then(
    () => {
      if (!sweeper.isDead) facts.placerEnded(sweeper)
      ended()
    },
    () => {
      sim.count('transport tick failed')
      ended()
    },
  )
}

/** Lambda's time for one scan, and what the reconciler keeps of it. */
const scanFunctionMs = maxFunctionMs
const scanMarginMs = 30_000

/** The reconciler: a scan of the whole table now and then. In the quiet only while some job waits for one. */
export function startReconciler(sim: Sim): void {
  const { loop, plan, faults } = sim
  const scan = (): void => {
    loop.after(plan.reconcileMs, scan)
    if (faults.happens('tickLost') || (sim.isQuiet && !sim.table.hasLiveJobs())) return
    reconcileOnce(sim)
  }
  if (plan.hasNoSweeper !== true) loop.at(startAt + plan.reconcileMs, scan)
}

function reconcileOnce(sim: Sim): void {
  const { loop, uses } = sim
  const reconciler = sim.spawn('reconciler')
  sim.count('transport table scanned')
  loop.after(scanFunctionMs, () => reconciler.kill('function timeout'))
  loop.wake()
  const ended = (): void => reconciler.end()
  uses.reconcile(sim.depsFor(reconciler), reconciler.now() + scanFunctionMs - scanMarginMs).then(ended, ended)
}
