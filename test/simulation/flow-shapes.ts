/** What the handler of a workflow does, part after part; and how releases change that while jobs are under way. */
import { Chance } from './chance.ts'
import type { FlowPart } from './plan.ts'
import type { Proc } from './proc.ts'
import { type Sim, startAt } from './sim.ts'

/** Of all worlds that say nothing else. */
const usualParts: readonly FlowPart[] = [
  { kind: 'step', name: 'first' },
  { kind: 'both', names: ['left', 'right'] },
  { kind: 'sleep', name: 'rest' },
  { kind: 'wait', name: 'go' },
  { kind: 'pay', name: 'pay' },
]

/** Which release each worker runs. */
const deployed = new WeakMap<Proc, number>()
const chances = new WeakMap<Sim, Chance>()

/** What the worker runs now: the newest release, or the one before it for a while. */
export function partsFor(sim: Sim, worker: Proc): readonly FlowPart[] {
  const { plan, loop } = sim
  const releases = plan.flows ?? []
  const newest = releases.findLastIndex(({ atMs }) => startAt + atMs <= loop.now)
  const { atMs = 0, besideMs = 0, parts = usualParts } = releases[newest] ?? {}
  const isBeside = newest > 0 && loop.now < startAt + atMs + besideMs
  const known = deployed.get(worker)
  const chance = chances.get(sim) ?? new Chance(plan.seed, 'releases')
  chances.set(sim, chance)
  const isOld = isBeside && (known === undefined ? chance.isTrue(0.5) : known < newest)
  deployed.set(worker, isOld ? newest - 1 : newest)
  if (newest > 0) sim.count(isOld ? 'flow by an old release' : 'flow by a new release')
  return isOld ? (releases[newest - 1]?.parts ?? usualParts) : parts
}

/** The next release: some parts are new, gone, moved, or have another name. */
export function changed(chance: Chance, parts: readonly FlowPart[], release: number): readonly FlowPart[] {
  let next = [...parts]
  for (let edits = chance.int(1, 4); edits > 0; edits -= 1) {
    const index = chance.int(0, next.length - 1)
    const part = next[index]
    if (part === undefined) continue
    switch (chance.pick(['add', 'add', 'remove', 'rename', 'rename', 'move', 'move'] as const)) {
      case 'add': {
        const kind = chance.pick(['step', 'step', 'book', 'sleep', 'version'] as const)
        next.splice(index, 0, { kind, name: `${kind} ${release}.${edits}` })
        break
      }
      case 'remove':
        if (next.length > 2) next = next.filter(one => one !== part)
        break
      case 'rename':
        next[index] = renamed(part, release)
        break
      case 'move':
        next.splice(index, 1)
        next.splice(chance.int(0, next.length), 0, part)
    }
  }
  return next
}

/** A signal keeps its name: others send it. */
function renamed(part: FlowPart, release: number): FlowPart {
  if (part.kind === 'wait') return part
  const anew = (name: string): string => `${name.split(' of ')[0]} of ${release}`
  if (part.kind === 'both') return { ...part, names: [anew(part.names[0]), part.names[1]] }
  return { ...part, name: anew(part.name) }
}
