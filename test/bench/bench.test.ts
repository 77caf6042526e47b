/** The benchmark works. How fast anything is depends on the machine, so nothing here asks for it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'
import { closingLine, type Rounds, table } from './report.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('main.ts', import.meta.url))
const closing =
  /^bench: enqueue (\d+\.\d\d) of the floor, process (\d+\.\d\d) of the floor, cpu (\d+\.\d\d) of the floor$/

it('runs the floor and Lamplighter in turns, checks their work and prints ratios', { timeout: 60_000 }, async () => {
  const { stdout } = await run(process.execPath, [
    program,
    '--jobs=50',
    '--rounds=1',
    '--only=floor,lamplighter,sweeper',
  ])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.at(-1)).toMatch(closing)
  expect(Math.max(...lines.slice(0, -1).map(line => line.length))).toBeLessThanOrEqual(80)
  const ratios =
    closing
      .exec(lines.at(-1) ?? '')
      ?.slice(1)
      .map(Number) ?? []
  expect(ratios.every(ratio => ratio > 0)).toBe(true)
})

describe('options', () => {
  it('have defaults that measure everything', () => {
    expect(parseOptions([])).toMatchObject({ jobs: 2_000, rounds: 5 })
    expect(parseOptions([])?.only.size).toBe(8)
  })

  it.each([
    [['--jobs', '9'], "--jobs is '9'; allowed: 10 to 100000"],
    [['--rounds', 'many'], "--rounds is 'many'; allowed: 1 to 100"],
    [['--only', 'floor,seiling'], "--only has 'seiling'; allowed: floor, lamplighter, "],
  ])('%j is refused, naming what is allowed', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message)
  })
})

describe('the report', () => {
  const round = (enqueue: number, process: number, cpu: number) => ({
    enqueued: { jobsPerSecond: enqueue, cpuPerJob: 100 },
    processed: { jobsPerSecond: process, cpuPerJob: cpu },
  })
  const rounds: Rounds = new Map([
    ['floor', [round(1_000, 100, 200), round(2_000, 200, 200), round(3_000, 300, 200)]],
    ['lamplighter', [round(500, 90, 220), round(1_500, 100, 300), round(3_000, 270, 240)]],
  ])

  it('closes with the medians of the ratios of each round', () => {
    expect(closingLine(rounds)).toBe(
      'bench: enqueue 0.75 of the floor, process 0.90 of the floor, cpu 1.20 of the floor',
    )
  })

  it('shows what was not measured as a dash', () => {
    expect(closingLine(new Map())).toBe('bench: enqueue - of the floor, process - of the floor, cpu - of the floor')
  })

  it('fits into 80 columns', () => {
    expect(
      Math.max(
        ...table(rounds)
          .split('\n')
          .map(line => line.length),
      ),
    ).toBeLessThanOrEqual(80)
  })
})
