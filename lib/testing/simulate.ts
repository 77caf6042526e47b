/** Runs the user's own handlers hundreds of times, each time with other faults, and checks what must hold at the end. */
import { leaseMs } from '../core/definition/policy.ts'
import type { JobHandler } from '../core/definition/run-hooks.ts'
import type { Runner } from '../core/definition/runner.ts'
import type { TransactItem } from '../core/definition/transact-item.ts'
import { integerIn, refuseUnknownKeys } from '../core/values/check-options.ts'
import { type Duration, durationMs, formatMs } from '../core/values/duration.ts'
import { InvalidInput } from '../core/values/errors.ts'
import { maxAheadMs, tickMs } from '../core/values/times.ts'
import { type Fault, type FaultPlan, type Place, planOf, singleFaults } from './fault-plan.ts'
import { SimulatedWorkers } from './simulated-worker.ts'
import { TestRunner } from './test-runner.ts'
import { VirtualClock } from './virtual-clock.ts'

/** What is played, and what must hold afterwards. */
export interface Scenario<World extends object> {
  /**
   * What the handlers reach outside, as it is at the beginning; made anew for each seed. A call of one of its functions that
   * returns a promise is a place at which a worker can crash, stall, or miss the answer.
   */
  readonly world: () => World
  /** Enqueues; then time goes on until every job has ended. */
  readonly start: (kit: TestRunner, world: World) => unknown
  /** Throws, or rejects, where something is wrong. Called once, after every job has ended and every worker is gone. */
  readonly invariant: (world: World, kit: TestRunner) => unknown
  /** Stands for the conditions of your own writes in `ctx.commit`, as in the test kit. @default refuses none */
  readonly refusesWrite?: (item: TransactItem, world: World) => boolean
  /** Within which every job must have ended, in the kit's time. '0s' to '3650d'. @default '7d' */
  readonly limit?: Duration
}

/** What `simulate` takes. */
export interface SimulateOptions<World extends object> {
  readonly runner: Runner
  /** Made for each seed, with the world that they reach. A list of handlers has no places but those of `ctx`. */
  readonly handlers: readonly JobHandler[] | ((world: World) => readonly JobHandler[])
  readonly scenario: Scenario<World>
  /**
   * How many seeds, from 1; or which. The first ones are each single fault at each place, later ones several faults at
   * once. 1 to 1,000,000. @default each single fault, and 100 more
   */
  readonly seeds?: number | readonly number[]
  /** Whether there is a bucket, as in the test kit: each of its calls is a place. @default false */
  readonly payloads?: boolean
}

/** What was played without a violation. */
export interface SimulationReport {
  /** Runs, the one without faults included. */
  readonly runs: number
  /** Places at which a worker waits, in the run without faults. */
  readonly places: readonly string[]
}

/** The invariant does not hold, or a job does not end. `cause` is what was thrown. */
export class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed'
  /** The smallest of the seeds that fail. 0 is the run without any fault. */
  readonly seed: number
  /** What happened, a line each. */
  readonly story: readonly string[]
  constructor(seed: number, story: readonly string[], cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause)
    const again = seed === 0 ? 'It fails without any fault.' : `Play it alone: simulate({ …, seeds: [${seed}] })`
    super(`seed ${seed}: ${what}\n\n${story.join('\n')}\n\n${again}`, { cause })
    this.seed = seed
    this.story = story
  }
}

const moreSeeds = 100
/** New Year 2027, UTC: the same run has the same instants. */
const startAt = 1_798_761_600_000

/**
 * Plays a scenario over and over on the runner in memory: with a crash at each place where a worker waits for something, a
 * message that comes twice, an answer that is lost, a lease that runs out under a worker, then several of them at once.
 * The same seed gives the same run.
 *
 * @example
 * await simulate({
 *   runner,
 *   handlers: world => [handle(charge, ({ order, amount }) => world.payments.charge(order, amount))],
 *   scenario: {
 *     world: () => ({ payments: new FakePayments() }),
 *     start: kit => kit.enqueue(charge, { order: 'o1', amount: 5 }),
 *     invariant: ({ payments }) => assert.equal(payments.total, 5),
 *   },
 * })
 * @throws SimulationFailed for the smallest seed that fails, with its story
 * @throws InvalidInput for an option out of range
 */
export async function simulate<World extends object>(options: SimulateOptions<World>): Promise<SimulationReport> {
  refuseUnknownKeys('simulate', options, ['runner', 'handlers', 'scenario', 'seeds', 'payloads'])
  const places = await play(options, 0, new Map())
  const singles = singleFaults(places)
  const seeds = seedsOf(options.seeds, singles)
  for (const seed of seeds) await play(options, seed, planOf(seed, singles))
  return { runs: seeds.length + 1, places: places.map(({ label }) => label) }
}

function seedsOf(seeds: SimulateOptions<object>['seeds'], singles: readonly Fault[]): readonly number[] {
  if (seeds === undefined) return upTo(singles.length + moreSeeds)
  if (typeof seeds === 'number') return upTo(integerIn('simulate.seeds', seeds, 1, 1_000_000))
  if (!Array.isArray(seeds)) throw new InvalidInput('simulate.seeds', seeds, 'a number of seeds, or a list of them')
  const list = seeds as readonly number[]
  return list.map((seed, index) => integerIn(`simulate.seeds[${index}]`, seed, 0, 1_000_000)).toSorted((a, b) => a - b)
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

/** One run. @returns the places that it came to. @throws SimulationFailed */
async function play<World extends object>(
  { runner, handlers, scenario, payloads = false }: SimulateOptions<World>,
  seed: number,
  plan: FaultPlan,
): Promise<readonly Place[]> {
  const world = scenario.world()
  const longestMs = Math.max(...Object.values(runner.jobs).map(({ policy }) => leaseMs(policy))) + tickMs
  const { limit = '7d', refusesWrite } = scenario
  durationMs('simulate.scenario.limit', limit, 0, maxAheadMs)
  const clock = new VirtualClock(startAt, patienceMs)
  const workers = new SimulatedWorkers(plan, clock, longestMs)
  const kit = new TestRunner(
    {
      runner,
      handlers: typeof handlers === 'function' ? handlers(workers.outside(world)) : handlers,
      startAt,
      payloads,
      ...(refusesWrite === undefined ? {} : { refusesWrite: item => refusesWrite(item, world) }),
    },
    { clock, workers },
  )
  try {
    await scenario.start(kit, world)
    await kit.drain(limit)
    // A worker that stood still may go on after the job has ended.
    await kit.advance(formatMs(2 * longestMs))
    await scenario.invariant(world, kit)
  } catch (error) {
    throw new SimulationFailed(seed, workers.story, error)
  }
  return workers.places
}

/** As the kit's own. */
const patienceMs = 250
