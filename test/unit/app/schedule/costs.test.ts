/**
 * What a tick of many schedules writes, as the embedded engine counts it, and the processor time that it takes.
 * LAMPLIGHTER_SCHEDULES sets how many. The job's own three units after that (start, end) are in cost.test.ts.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tick } from '../../../../lib/app/sweeper/tick.ts'
import { createTables } from '../../../../lib/aws/dynamodb/create-table.ts'
import { DynamoJobStore } from '../../../../lib/aws/dynamodb/job-store.ts'
import { DynamoRecordStore } from '../../../../lib/aws/dynamodb/record-store.ts'
import type { Runner } from '../../../../lib/core/definition/runner.ts'
import { type Dynoxide, startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import { defineRunner, schedule } from '../../../../lib/index.ts'
import type { Clock } from '../../../../lib/ports/clock.ts'
import type { Deps } from '../../../../lib/ports/deps.ts'
import { systemClock } from '../../../../lib/system/clock.ts'
import { systemRandom } from '../../../../lib/system/random.ts'
import { minute, type Options, work } from '../../../support/schedules.ts'
import { countUnits } from '../../aws/dynamodb/capacity.ts'

const count = Number(process.env['LAMPLIGHTER_SCHEDULES'] ?? 200)
const noon = Date.parse('2027-06-01T12:00:00Z')

let dynoxide: Dynoxide
const clients: DynamoDBClient[] = []

beforeAll(async () => {
  dynoxide = await startDynoxide()
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  await dynoxide.stop()
})

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
/** Each tick writes how it went: one unit, whatever it did. */
const noteUnits = 1
const isWrite = (command: string): boolean => !/Query|Get|Describe/.test(command)

/** A sweeper on tables of its own, whose clock stands at `now.at`; what it wrote and asked; messages that it sent. */
async function sweeper(name: string, runner: Runner, isPublishing = false) {
  const client = new DynamoDBClient({ endpoint: dynoxide.endpoint, region: 'us-east-1', credentials })
  clients.push(client)
  const [table, recordTable] = [`${name}-jobs`, `${name}-records`]
  await createTables(client, { table, records: recordTable })
  const writes = countUnits(client, isWrite)
  const commands: string[] = []
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      args => {
        commands.push(commandName)
        return next(args)
      },
    { step: 'initialize' },
  )
  const now = { at: noon }
  const clock: Clock = {
    now: () => now.at,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    turn: () => systemClock.turn(),
  }
  let sent = 0
  const deps: Deps = {
    runner,
    store: new DynamoJobStore({ client, table, clock, random: systemRandom }),
    records: new DynamoRecordStore({ client, table: recordTable, jobTable: table, clock, random: systemRandom }),
    queue: {
      send: async (_, messages) => {
        sent += messages.length
        return messages.map(() => ({ kind: 'sent' }))
      },
      setVisibility: async (_, changes) => changes.map(() => ({ kind: 'sent' })),
      depth: async () => ({ visible: 0, delayed: 0, inFlight: 0 }),
    },
    clock,
    random: systemRandom,
    telemetry: { emit() {} },
    isPublishing,
  }
  const tickAt = async (at: number) => {
    now.at = at
    const cpu = process.cpuUsage()
    commands.length = 0
    writes()
    sent = 0
    const report = await tick(deps, at + minute)
    const { user, system } = process.cpuUsage(cpu)
    const units = writes()
    const cpuMs = Math.round((user + system) / 1_000)
    return {
      units: units.table + units.index - noteUnits,
      sent,
      cpuMs,
      isComplete: report.isComplete,
      commands: commands.toSorted((a, b) => a.localeCompare(b)),
    }
  }
  return { tickAt }
}

const withSchedules = (schedules: number, options: Options): Runner =>
  defineRunner({
    jobs: [work],
    schedules: Array.from({ length: schedules }, (_, index) => schedule(`s${index}`, work, options)),
  })

describe('what firing costs', () => {
  it('eight units an occurrence: two for its job, three for the advance, three for the run', async () => {
    const { tickAt } = await sweeper('each', withSchedules(count, { cron: '5 12 * * *', input: {} }))
    const registered = await tickAt(noon)
    const fired = await tickAt(noon + 4 * minute)
    const again = await tickAt(noon + 4 * minute + 1_000)
    console.log(
      `${count} schedules due in one minute: registered ${registered.units} units, ${registered.cpuMs} ms of CPU; ` +
        `fired ${fired.units} units, ${fired.cpuMs} ms; the next tick ${again.units} units, ${again.sent} messages`,
    )
    expect(fired).toMatchObject({ units: 5 * count, sent: count, isComplete: true })
    expect(again).toMatchObject({ units: 0, sent: 0 })
  }, 600_000)

  it('with an event bus the same, in as many requests: its events come with the stream', async () => {
    const runner = withSchedules(30, { cron: '5 12 * * *', input: {} })
    const [plain, publishing] = [await sweeper('quiet', runner), await sweeper('told', runner, true)]
    await plain.tickAt(noon)
    await publishing.tickAt(noon)
    const [without, told] = [await plain.tickAt(noon + 4 * minute), await publishing.tickAt(noon + 4 * minute)]
    expect(told).toMatchObject({ units: without.units, sent: 30, commands: without.commands })
  }, 60_000)

  it('several occurrences in one tick share the advance', async () => {
    const { tickAt } = await sweeper('often', withSchedules(1, { every: '10s', input: {} }))
    await tickAt(noon)
    // Two ticks bring it into its rhythm: six occurrences a tick.
    await tickAt(noon + minute)
    const { units, sent } = await tickAt(noon + 2 * minute)
    expect([sent, units]).toEqual([6, 6 * 2 + 3])
  })

  it('a runner without schedules asks nothing for them', async () => {
    const without = await sweeper('none', defineRunner({ jobs: [work] }))
    const paused = await sweeper('some', withSchedules(1, { cron: '0 0 1 1 *', input: {} }))
    await without.tickAt(noon)
    await paused.tickAt(noon)
    const [none, some] = [await without.tickAt(noon + minute), await paused.tickAt(noon + minute)]
    const queries = (commands: readonly string[]): number => commands.filter(name => name === 'QueryCommand').length
    // The lanes of jobs, and for schedules four lanes more.
    expect(queries(some.commands) - queries(none.commands)).toBe(4)
    expect(some.commands.length - none.commands.length).toBe(4)
    expect(some.units).toBe(0)
  })
})
