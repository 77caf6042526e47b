import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { worldOf } from '../directed.ts'
import { planFor } from '../plan.ts'
import { simulate } from '../simulate.ts'
import { answerDefects } from './answers.ts'
import { commitDefects } from './commits.ts'
import { familyDefects } from './families.ts'
import { fencingDefects } from './fencing.ts'
import { flowDefects } from './flows.ts'
import { gateDefects } from './gates.ts'
import { itemDefects } from './items.ts'
import { neighbourDefects } from './neighbours.ts'
import { noticedAt } from './noticed-at.ts'
import { onFailedDefects } from './on-failed.ts'
import { queueLimitDefects } from './queue-limits.ts'
import { rateDefects } from './rates.ts'
import { recorderDefects } from './recorder.ts'
import { scheduleDefects } from './schedules.ts'
import { strangerDefects } from './strangers.ts'
import { uniqueDefects } from './unique.ts'
import { windowDefects } from './windows.ts'
import { workflowDefects } from './workflows.ts'

const all = [
  ...fencingDefects,
  ...commitDefects,
  ...answerDefects,
  ...itemDefects,
  ...flowDefects,
  ...neighbourDefects,
  ...strangerDefects,
  ...recorderDefects,
  ...scheduleDefects,
  ...gateDefects,
  ...queueLimitDefects,
  ...rateDefects,
  ...uniqueDefects,
  ...workflowDefects,
  ...onFailedDefects,
  ...familyDefects,
  ...windowDefects,
]
/** The seeds that a defect may take to be noticed. */
const maxSeeds = 3_000
const {
  values: { note: isNoted },
  positionals: [wanted],
} = parseArgs({ options: { note: { type: 'boolean' } }, allowPositionals: true })
const defects = all.filter(({ name }) => wanted === undefined || name === wanted)
/** Where each was noticed: with `--note` that is where the next search begins. */
const noticed: Record<string, number> = { ...noticedAt }

let caught = 0
/** Worlds that break by themselves: what they show is no defect that was planted, but one of ours. */
let broken = 0
console.log(`${'defect'.padEnd(54)}  seed  caught by`)
for (const { name, tamper, direct } of defects) {
  let found: string | undefined
  const from = noticedAt[name] ?? 1
  for (let tried = 0; found === undefined && tried < maxSeeds; tried += 1) {
    const seed = 1 + ((from - 1 + tried) % maxSeeds)
    const plan = direct?.(planFor(seed)) ?? worldOf(seed)
    const { violations } = await simulate(plan, new Map(), tamper)
    const [first] = violations
    if (first === undefined) continue
    // The same world without the defect must be whole, or the defect was not what was noticed.
    const { violations: others } = await simulate(plan, new Map())
    if (others[0] !== undefined) {
      broken += 1
      console.log(`seed ${seed} breaks ${others[0].invariant} without '${name}', too: ${others[0].text}`)
      continue
    }
    noticed[name] = seed
    found = `${String(seed).padStart(4)}  ${first.invariant.padEnd(4)} ${first.text}`
  }
  if (found !== undefined) caught += 1
  console.log(`${name.padEnd(54)}  ${found ?? 'survived'}`)
}
console.log(`${caught} of ${defects.length} defects caught, ${broken} worlds broke without any`)
if (isNoted === true) {
  const file = new URL('noticed-at.ts', import.meta.url)
  const names = new Set(all.map(({ name }) => name))
  const lines = Object.entries(noticed)
    .filter(([name, seed]) => names.has(name) && seed > 1)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, seed]) => `  '${name}': ${seed},\n`)
  const [head] = readFileSync(file, 'utf8').split(/(?<=> = \{\n)/)
  writeFileSync(file, `${head}${lines.join('')}}\n`)
}
process.exitCode = caught === defects.length && broken === 0 ? 0 : 1
