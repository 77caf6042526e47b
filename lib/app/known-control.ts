/** What operators have set of queues, as workers and gates know it: one read in five seconds, for all that ask. */
import { type GateLimit, gateLimit, limitOf, queueGate, queueOfGate } from '../core/definition/limit.ts'
import { controlKey } from '../core/records/keys.ts'
import { noPauses, type Pauses, pauseOf, pausesFrom } from '../core/records/pause.ts'
import { limitsFrom, type QueueLimits } from '../core/records/queue-limit.ts'
import { Unavailable } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import type { RecordStore } from '../ports/record-store.ts'

/** How long an answer holds, in milliseconds: so long may a worker go on after its queue was paused or limited. */
const knownForMs = 5_000
/** How soon it is asked for again where it did not come. */
const againMs = 1_000
/** Beyond the SDK's own retries. */
const delaysMs = [100, 400]

interface KnownControl extends Pauses {
  readonly limits: QueueLimits
}

interface Answer {
  readonly known: KnownControl | undefined
  /** Until then nobody asks again. */
  readonly until: number
}

/** By the store that answered, which lives as long as the process does. */
const answers = new WeakMap<RecordStore, Answer>()
const asking = new WeakMap<RecordStore, Promise<Answer>>()

type ControlDeps = Pick<Deps, 'records' | 'clock'>

/**
 * Without an answer, what was known last holds: a job must not wait for a record that nobody needs to run it.
 * @returns undefined where nothing was ever known
 */
async function knownControl(deps: ControlDeps): Promise<KnownControl | undefined> {
  const { records, clock } = deps
  const last = answers.get(records)
  if (last !== undefined && clock.now() < last.until) return last.known
  const asked = asking.get(records) ?? ask(deps, last?.known)
  asking.set(records, asked)
  const { known } = await asked
  asking.delete(records)
  return known
}

async function ask({ records, clock }: ControlDeps, last: KnownControl | undefined): Promise<Answer> {
  const now = clock.now()
  for (const delayMs of [0, ...delaysMs]) {
    if (delayMs > 0) await clock.sleep(delayMs)
    try {
      const [record] = await records.get([controlKey])
      return keep(records, { known: { ...pausesFrom(record), limits: limitsFrom(record) }, until: now + knownForMs })
    } catch {
      // Once more, or not before a second has passed.
    }
  }
  return keep(records, { known: last, until: clock.now() + againMs })
}

function keep(records: RecordStore, answer: Answer): Answer {
  answers.set(records, answer)
  return answer
}

/** Whoever has changed the control record knows it at once. */
export const forgetKnown = ({ records }: Pick<Deps, 'records'>): boolean => answers.delete(records)

/** Whether the queue is paused, as far as it is known here. */
export async function isPaused(deps: ControlDeps, queue: string): Promise<boolean> {
  const { paused, resumedAt } = (await knownControl(deps)) ?? noPauses
  return pauseOf({ paused, resumedAt }, queue, deps.clock.now()) !== undefined
}

/**
 * What a gate allows now; undefined where nothing limits it any more. A limit set at run time is over the code's.
 * @throws Unavailable for the gate of a queue where nobody knows: nothing may start past a limit
 */
export async function limitAt(deps: ControlDeps & Pick<Deps, 'runner'>, gate: string): Promise<GateLimit | undefined> {
  const queue = queueOfGate(gate)
  if (queue === undefined) return limitOf(deps.runner, gate)
  const known = await knownControl(deps)
  if (known === undefined) throw new Unavailable('control record', 'no answer')
  const set = known.limits.get(queue)
  return set === undefined ? limitOf(deps.runner, gate) : gateLimit(set.limit)
}

/** Whether the queue as a whole has a limit now; true where nobody knows. */
export async function isLimited(deps: ControlDeps & Pick<Deps, 'runner'>, queue: string): Promise<boolean> {
  try {
    return (await limitAt(deps, queueGate(queue))) !== undefined
  } catch {
    return true
  }
}
