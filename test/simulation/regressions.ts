import { frozenPuts, gatePlanFor } from './directed.ts'
import { type Plan, planFor } from './plan.ts'

interface Regression {
  readonly seed: number
  /** What the code did wrong in this world once. */
  readonly was: string
  readonly direct?: (plan: Plan) => Plan
}

/** Worlds in which the code was wrong once. They run before all others, always. */
const known: readonly Regression[] = [
  {
    seed: 5,
    was: 'a client that had stood still for minutes repeated its put, and a deleted job was back',
    direct: frozenPuts,
  },
  { seed: 3, was: 'a job was edited to AVAILABLE while it ran, and was started again within the lease of that run' },
  {
    seed: 5147,
    was: 'a worker that had stood still took the slots of others for an error, and began the gate anew',
    direct: ({ seed }) => gatePlanFor(seed),
  },
  {
    seed: 16607,
    was: 'a sweeper that could not write the gate’s row back moved the look of the job in line an hour on',
    direct: ({ seed }) => gatePlanFor(seed),
  },
  {
    seed: 16786,
    was: 'a run that had stood still took a place by the limit from before, which somebody had lowered',
    direct: ({ seed }) => gatePlanFor(seed),
  },
  {
    seed: 1018,
    was: 'who replaced a job took the token of a sweeper that had had no answer, and nobody sent its message',
    direct: ({ seed }) => gatePlanFor(seed),
  },
  { seed: 477, was: 'a random id that an operator took up before its put was repeated was reported as known' },
]

export const regressions = (): readonly Plan[] =>
  known.map(({ seed, direct }) => direct?.(planFor(seed)) ?? planFor(seed))
