/** `npm run bench`: Lamplighter, the floor and the peers in turns, and what the goals name besides. See usage. */
import type { ContenderName, Measurement, RunningContender } from './contender.ts'
import { startContender } from './contender.ts'
import { type AwsEngines, startAwsEngines } from './engines/aws.ts'
import { type Database, startPostgres, startRedis } from './engines/databases.ts'
import { moduleLoadMs } from './measures/module-load.ts'
import { dueJobsPerCpuSecond, largeJobsPeakBytes } from './measures/sweeper.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { hasPackage } from './peers.ts'
import { closingLine, type Round, table } from './report.ts'

/** Of the sample job: its lease is the queue's visibility timeout, as JobRunner deploys it. */
const visibilitySeconds = 75
const megabyte = 2 ** 20

const options = readOptions()
if (options === undefined) {
  console.log(usage)
} else {
  await main(options)
}

function readOptions(): BenchOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(2)
  }
}

async function main(chosen: BenchOptions): Promise<void> {
  const engines = await startAwsEngines()
  const databases: Database[] = []
  const contenders: RunningContender[] = []
  try {
    for (const name of ['floor', 'lamplighter'] as const) {
      if (!chosen.only.has(name)) continue
      contenders.push(await startContender(name, await engines.place(`bench-${name}`, visibilitySeconds)))
    }
    contenders.push(...(await startPeers(chosen, databases)))
    const rounds = await takeTurns(contenders, chosen)
    await checkWork(engines, chosen)
    console.log(
      `\n${chosen.rounds} rounds of ${chosen.jobs} jobs, medians; CPU of the contender's own process per job\n`,
    )
    console.log(table(rounds))
    console.log('')
    await measureSweeper(engines, chosen)
    if (chosen.only.has('load')) await measureLoad()
    console.log(closingLine(rounds))
  } finally {
    await Promise.all(contenders.map(contender => contender.stop()))
    await Promise.all([engines.stop(), ...databases.map(database => database.stop())])
  }
}

/** Peers whose package or database is not there are skipped, and it is printed why. */
async function startPeers({ only }: BenchOptions, databases: Database[]): Promise<readonly RunningContender[]> {
  const wanted = (['bullmq', 'pg-boss', 'graphile-worker'] as const).filter(name => {
    if (!only.has(name)) return false
    if (!hasPackage(name)) console.log(`${name}: skipped, the package is not installed (see docs/operations.md)`)
    return hasPackage(name)
  })
  const redis = wanted.includes('bullmq') ? await startRedis() : undefined
  const postgres = wanted.some(name => name !== 'bullmq') ? await startPostgres() : undefined
  databases.push(...[redis, postgres].filter(database => database !== undefined))
  const started: RunningContender[] = []
  for (const name of wanted) {
    const database = name === 'bullmq' ? redis : postgres
    if (database === undefined) {
      console.log(`${name}: skipped, ${name === 'bullmq' ? 'redis-server' : 'PostgreSQL'} is not installed`)
    } else {
      started.push(await startContender(name, database.environment))
    }
  }
  return started
}

/** Each round in another order, after a round that warms up and does not count. */
async function takeTurns(contenders: readonly RunningContender[], { jobs, rounds }: BenchOptions) {
  const results = new Map<ContenderName, Round[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed()
    const [enqueued, processed] = [new Map<string, Measurement>(), new Map<string, Measurement>()]
    for (const one of order) enqueued.set(one.name, await one.measure('enqueue', jobs))
    for (const one of order) processed.set(one.name, await one.measure('process', jobs))
    if (round === 0) continue
    for (const { name } of contenders) {
      const [first, second] = [enqueued.get(name), processed.get(name)]
      if (first !== undefined && second !== undefined) results.get(name)?.push({ enqueued: first, processed: second })
    }
  }
  return results
}

/** Speed without work is none. @throws Error when not every job is COMPLETED */
async function checkWork(engines: AwsEngines, { only, jobs, rounds }: BenchOptions): Promise<void> {
  for (const name of ['floor', 'lamplighter'] as const) {
    if (!only.has(name)) continue
    const [completed, expected] = [await engines.completedIn(`bench-${name}`), jobs * (rounds + 1)]
    if (completed !== expected) throw new Error(`${name} completed ${completed} jobs of ${expected}`)
  }
}

async function measureSweeper(engines: AwsEngines, { only, jobs }: BenchOptions): Promise<void> {
  if (only.has('sweeper')) {
    await measured('sweeper speed', async () => {
      const speed = await dueJobsPerCpuSecond(engines, jobs)
      return `sweeper: ${Math.round(speed)} due jobs per second of its own CPU (goal: 5000 or more)`
    })
  }
  if (only.has('memory')) {
    await measured('sweeper memory', async () => {
      const peak = (await largeJobsPeakBytes(engines)) / megabyte
      return `sweeper: ${Math.round(peak)} MB with 1600 due jobs of 380 KB (goal: 300 MB or less)`
    })
  }
}

/** What cannot be measured on a machine that is too busy must not cost the other measurements. */
async function measured(what: string, measure: () => Promise<string>): Promise<void> {
  try {
    console.log(await measure())
  } catch (error) {
    console.log(`${what}: not measured, ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

async function measureLoad(): Promise<void> {
  const { worker, sdk } = await moduleLoadMs()
  console.log(
    `module load: worker ${worker.toFixed(0)} ms, AWS SDK alone ${sdk.toFixed(0)} ms, ratio ${(worker / sdk).toFixed(2)} (goal: 1.3 or less)`,
  )
}
