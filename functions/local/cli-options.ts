import { parseArgs } from 'node:util'
import { durationMs } from '../../lib/core/values/duration.ts'

export interface CliOptions {
  readonly port: number
  readonly tickMs: number
  readonly dataDir: string
  readonly fresh: boolean
  readonly json: boolean
  /** Enqueue the sample jobs. */
  readonly samples: boolean
  readonly demo: boolean
}

export type Cli =
  | { readonly kind: 'run'; readonly options: CliOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }

export const usage = `Runs Lamplighter on this machine, with embedded engines and nothing to install.

  npm start -- [options]      keeps running until Ctrl-C
  npm run demo                runs the sample jobs and ends: 0 when all went as expected, else 1

  --port <number>     port of the HTTP API on 127.0.0.1; 0 takes a free one (default 8787)
  --tick <duration>   how often the sweeper runs, 1s to 1h (default 60s, as in the cloud)
  --data <folder>     where the jobs are kept (default .lamplighter)
  --fresh             forget the jobs of earlier runs
  --no-samples        enqueue no sample jobs
  --json              print the functions' log lines as they are
  --help              print this

Programs find the stack with \`node --env-file=.lamplighter/env …\`.
`

const flags = {
  port: { type: 'string', default: '8787' },
  tick: { type: 'string', default: '60s' },
  data: { type: 'string', default: '.lamplighter' },
  fresh: { type: 'boolean', default: false },
  samples: { type: 'boolean', default: true },
  json: { type: 'boolean', default: false },
  demo: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const

/** Never throws: what cannot be read is answered with why. */
export function parseCli(args: readonly string[]): Cli {
  try {
    const { values } = parseArgs({ args: [...args], options: flags, allowNegative: true, strict: true })
    if (values.help) return { kind: 'help' }
    const { fresh, json, samples, demo } = values
    if (values.data === '') throw new Error("--data is ''; allowed: the path of a folder")
    return {
      kind: 'run',
      options: {
        port: portOf(values.port),
        tickMs: durationMs('--tick', values.tick, 1_000, 3_600_000),
        dataDir: values.data,
        fresh,
        json,
        samples,
        demo,
      },
    }
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) }
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new Error(`--port is '${text}'; allowed: 0 to 65535`)
  return port
}
