import type { Command, Outcome } from '../command.ts'
import { ownVersion } from '../version.ts'
import { nodeForDev, runAgainIn } from './node-for-dev.ts'

/** A connection that somebody keeps alive must not hold up the end (milliseconds). */
const lingerMs = 200

const exits: Readonly<Record<number, Outcome['exit']>> = { 0: 'done', 2: 'wrongUse', 130: 'interrupted' }
const ended = (code: number): Outcome => ({ exit: exits[code] ?? 'notPossible', json: undefined, text: () => '' })

export const dev: Command = {
  name: 'dev',
  summary: 'run the jobs of this project on this machine',
  details:
    'Finds contracts and handlers, bundles them as a deployment does, and runs them on embedded engines. Saved code is ' +
    'live at once; code with a fault is reported, and the code before goes on. Everything listens on 127.0.0.1. Jobs are ' +
    'kept in .lamplighter, also after a crash. Keys: o opens the dashboard, r reloads, c clears, t ticks, q quits.',
  options: [
    {
      flags: '--handlers <file>',
      description: 'module that exports `handlers` (default: that of package.json, src/handlers.ts, handlers.ts)',
    },
    { flags: '--runner <file>', description: 'module that exports `runner` (default: jobs beside the handlers)' },
    { flags: '--port <number>', description: 'port of API and dashboard; 0 takes a free one (default: 8787)' },
    { flags: '--tick <duration>', description: 'how often the sweeper runs, 1s to 1h (default: 60s, as in the cloud)' },
    { flags: '--data <folder>', description: 'where jobs are kept (default: .lamplighter)' },
    { flags: '--fresh', description: 'forget the jobs of earlier runs' },
    { flags: '--env-file <file>', description: 'variables for the handlers, in addition to .env' },
    {
      flags: '--aws <target>',
      description: "where the handlers' own AWS calls go: local, to the engines, or real (default: local)",
    },
    { flags: '--inspect [port]', description: 'debug the workers; breakpoints may take an hour (default port: 9229)' },
    { flags: '--raw', description: "print the functions' log lines as they are" },
  ],
  examples: [
    'lamplighter dev',
    'lamplighter dev --port 0 --tick 5s',
    'lamplighter dev --handlers app/handlers.ts --inspect',
  ],
  async run({ given, flags, terminal, isJson }) {
    const node = nodeForDev(process.versions.node, terminal.folder)
    if (node.kind === 'other') {
      terminal.onInterrupt(() => undefined)
      return ended(await runAgainIn(node.path))
    }
    // Loaded only here: no other command needs the engines.
    const [{ devOptions }, { runDev }, { localSite }] = await Promise.all([
      import('../../dev/dev-options.ts'),
      import('../../dev/run-dev.ts'),
      import('../../dashboard/bundle-page.ts'),
    ])
    const options = devOptions(terminal.folder, terminal.environment, {
      ...given,
      inspect: given['inspect'] ?? (flags.has('inspect') ? true : undefined),
      fresh: flags.has('fresh'),
      isRaw: isJson || flags.has('raw'),
    })
    // From here on the stack decides what Ctrl-C does.
    terminal.onInterrupt(() => undefined)
    const code = await runDev({ options, version: ownVersion(), site: await localSite() })
    setTimeout(() => process.exit(), lingerMs).unref()
    return ended(code)
  },
}
