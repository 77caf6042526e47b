import { startBatches } from './batches.ts'
import { startChecks } from './checks/all.ts'
import { checkRecords } from './checks/records.ts'
import { startClients } from './clients.ts'
import { startCoverage } from './coverage.ts'
import { purge, startOperators } from './operators.ts'
import { startPauses } from './pauses.ts'
import type { Plan } from './plan.ts'
import { startLimits } from './queue-limits.ts'
import { startRecording } from './recording.ts'
import { storedSchedules } from './schedules.ts'
import { startAt, type Tamper } from './sim.ts'
import { isForLater } from './strangers.ts'
import { startStream } from './stream.ts'
import { startReconciler, startSweepers } from './sweepers.ts'
import type { Violation } from './violation.ts'
import { World } from './world.ts'

export interface Outcome {
  readonly plan: Plan
  readonly violations: readonly Violation[]
  readonly traceHash: string
  readonly lastLines: readonly string[]
  readonly events: number
}

/** Long enough for four attempts, forty minutes apart, each with a lost message and a hold of an hour. */
const drainMs = 24 * 3_600_000

/** One world from its beginning: chaos, then quiet, until every job has ended. Stops at the first violation. */
export async function simulate(
  plan: Plan,
  counts: Map<string, number>,
  tamper: Tamper = {},
  show?: (line: string) => void,
): Promise<Outcome> {
  const world = new World(plan, tamper, counts, show)
  const checks = startChecks(world)
  const rejected = (error: unknown): void =>
    world.violate('I15', `a promise that nobody awaits rejects: ${String(error)}`)
  process.on('unhandledRejection', rejected)
  startCoverage(world)
  startStream(world)
  startClients(world)
  startSweepers(world)
  startReconciler(world)
  const recording = startRecording(world)
  startOperators(world)
  startPauses(world)
  startLimits(world)
  startBatches(world)
  // A deploy waits for a tick.
  if (plan.hasNoSweeper !== true) startDeploys(world)
  const isBroken = () => world.violations.length > 0
  await world.loop.run(startAt + plan.chaosMs, isBroken)
  world.calmDown()
  if (plan.losesAllAtQuiet) purge(world)
  // The later release is there for good, and takes what is its own.
  world.queues.drop(body => isForLater(world, body))
  world.loop.after(0, () => {})
  await world.loop.run(startAt + plan.chaosMs + drainMs, () => isBroken() || (isDrained(world) && recording.isIdle()))
  if (!isBroken()) checks.atEnd()
  if (!isBroken()) checkRecords(world, recording)
  process.off('unhandledRejection', rejected)
  return {
    plan,
    violations: world.violations,
    traceHash: world.history.hash,
    lastLines: world.history.last,
    events: world.loop.events,
  }
}

function startDeploys(world: World): void {
  const { schedules, chaosMs } = world.plan
  const deploys = schedules?.deploys ?? [{ atMs: chaosMs / 2, release: 1 as const }]
  for (const { atMs, release } of deploys) world.loop.at(startAt + atMs, () => world.deploy(release))
  if (schedules?.zonesMs !== undefined) world.loop.at(startAt + schedules.zonesMs, () => world.renewZones())
}

/** All jobs have ended, no message is left, and no process that could still write. */
function isDrained(world: World): boolean {
  const { schedules } = world.plan
  const isFiring = schedules !== undefined && storedSchedules(world.records, schedules).some(isActive)
  return !isFiring && !world.table.hasLiveJobs() && world.livingProcs() === 0 && world.queues.isEmpty()
}

const isActive = ({ status }: { readonly status: string }): boolean => status === 'ACTIVE'
