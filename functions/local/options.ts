import { parseArgs } from 'node:util'
import { durationMs } from '../../lib/core/values/duration.ts'

export interface LocalOptions {
  readonly port: number
  readonly tickMs: number
  /** Absent: each command's own. */
  readonly dataDir?: string
  readonly fresh: boolean
  readonly json: boolean
  /** Enqueue the sample jobs. */
  readonly samples: boolean
  readonly demo: boolean
}

export type Cli =
  | { readonly kind: 'run'; readonly options: LocalOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }

export const usage = `Runs Lamplighter on this machine, with embedded engines and nothing to install.
Everything listens on 127.0.0.1. The engines take any credentials; no web page
can reach them.

  npm start -- [options]      keeps running until Ctrl-C
  npm run demo -- [options]   runs the sample jobs; exit code 0 when all went as
                              expected, else 1

  --port <number>     port of the HTTP API on 127.0.0.1; 0 takes a free one
                      (default 8787, the demo's 0)
  --tick <duration>   how often the sweeper runs, 1s to 1h (default 60s, as in
                      the cloud; the demo's 2s)
  --data <folder>     where the jobs are kept (default .lamplighter; the demo's
                      is new and deleted at the end)
  --fresh             forget the jobs of earlier runs
  --no-samples        enqueue no sample jobs; not with the demo
  --json              print the functions' log lines as they are
  --help              print this

Programs find the stack with \`node --env-file=.lamplighter/env …\`.
`

const flags = {
  port: { type: 'string' },
  tick: { type: 'string' },
  data: { type: 'string' },
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
    if (demo && !samples) throw new Error('--no-samples is given with --demo; the demo runs the samples')
    return {
      kind: 'run',
      options: {
        port: portOf(values.port ?? (demo ? '0' : '8787')),
        tickMs: durationMs('--tick', values.tick ?? (demo ? '2s' : '60s'), 1_000, 3_600_000),
        ...(values.data === undefined ? {} : { dataDir: values.data }),
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
