import { Unavailable } from '../../lib/core/values/errors.ts'
import type { PutOutcome, RecordStore, UpdateOutcome } from '../../lib/ports/record-store.ts'
import type { Chance } from './chance.ts'
import type { Sim } from './sim.ts'

/** One invocation of the recorder: it may die at each of its calls, or hang until nobody waits for it any more. */
export interface Invocation {
  isDead: boolean
  /** The mapping has given it up; it goes on all the same. */
  abandon(): void
  die(): void
}

const rates = { dies: 0.02, hangs: 0.02, unreadable: 0.02, throttled: 0.03, lost: 0.03, repeated: 0.03, late: 0.02 }

/**
 * The records as one invocation sees them. A call is three instants: request, execution, answer; entries of one call are
 * carried out one by one, and others' may fall between. All chance is the recorder's own: jobs fare as without it.
 */
export function recorderPort(sim: Sim, chance: Chance, invocation: Invocation): RecordStore {
  const { records, loop } = sim
  const happens = (name: keyof typeof rates): boolean => !sim.isQuiet && chance.isTrue(rates[name])
  const later = (milliseconds: number, run: () => void): void =>
    loop.at(loop.now + milliseconds, run, chance.fraction())

  /** Goes on after a while, unless the invocation dies before. */
  const waited = (milliseconds: number): Promise<void> =>
    new Promise(resolve => {
      later(milliseconds, () => {
        if (invocation.isDead) return
        loop.wake()
        resolve()
      })
    })

  async function call<T>(execute: () => Promise<T>): Promise<T> {
    if (happens('dies')) {
      sim.count('recorder invocation died')
      invocation.die()
    }
    if (happens('hangs')) {
      sim.count('recorder invocation outlived its batch')
      invocation.abandon()
      await waited(chance.spread(1_000, 900_000))
    }
    await waited(chance.int(1, 12))
    const answer = await execute()
    await waited(chance.int(1, 12))
    return answer
  }

  const failed = (why: string) => ({ kind: 'failed', error: new Unavailable('records', why) }) as const

  async function entry<Outcome>(execute: () => Promise<Outcome>): Promise<Outcome | ReturnType<typeof failed>> {
    await waited(chance.int(0, 8))
    if (happens('throttled')) return failed('throttled')
    if (happens('late')) {
      later(chance.spread(20, 5_000), () => void execute())
      return failed('timed out')
    }
    const outcome = await execute()
    if (happens('lost')) {
      sim.count('recorder answer lost')
      return failed('answer lost')
    }
    if (!happens('repeated')) return outcome
    // The SDK's own second attempt.
    sim.count('recorder write repeated')
    await waited(chance.spread(20, 3_000))
    return execute()
  }

  return {
    putIfAbsent: entries =>
      call(() =>
        Promise.all(entries.map(one => entry(async () => first<PutOutcome>(await records.putIfAbsent([one]))))),
      ),
    update: updates =>
      call(() => Promise.all(updates.map(one => entry(async () => first<UpdateOutcome>(await records.update([one])))))),
    get: keys =>
      call(() => (happens('unreadable') ? Promise.reject(new Unavailable('records', 'throttled')) : records.get(keys))),
    query: query => call(() => records.query(query)),
    due: (...page) => call(() => records.due(...page)),
    transact: (actions, token) => call(() => records.transact(actions, token)),
  }
}

function first<T>([outcome]: readonly T[]): T {
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}
