/** `npm start` and `npm run demo`. */

import { LamplighterError } from '../../lib/core/values/errors.ts'
import { demo } from './demo.ts'
import { parseCli, usage } from './options.ts'
import { serve } from './serve.ts'

async function main(): Promise<number> {
  const cli = parseCli(process.argv.slice(2))
  switch (cli.kind) {
    case 'help':
      process.stdout.write(usage)
      return 0
    case 'wrong':
      process.stderr.write(`${cli.message}\n\n${usage}`)
      return 2
    case 'run':
      return cli.options.demo ? demo(cli.options) : serve(cli.options)
  }
}

// The reader has gone, as with `| head`. The keeper ends what this process leaves behind.
process.stdout.on('error', () => process.exit())

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof LamplighterError ? error.message : String((error as Error).stack)}\n`)
  process.exitCode = 1
}
// A connection kept alive somewhere must not hold up the end.
process.exit()
