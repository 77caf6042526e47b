/**
 * The docs lane: installs what renders the documents, from scratch, and looks at the site. `npm run docs:check`
 *
 * Where its packages cannot be fetched it says so and skips, with exit code 0; with LAMPLIGHTER_DOCS_REQUIRED=1 a skip is
 * a failure. A lockfile that does not fit is a failure in any case.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

interface Ended {
  readonly code: number
  readonly text: string
}

async function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      process.stdout.write(chunk)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? 1, text }
}

/** What npm says when it got no answer, or not the file that the lockfile names. */
const isUnreachable = (text: string): boolean =>
  /\b(?:ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET_TIMEOUT|E40[134]|E5\d\d|ENOTCACHED)\b/.test(
    text,
  )

async function main(): Promise<number> {
  const installed = await run('npm', ['ci'], path('../../../docs'))
  if (installed.code !== 0) {
    const isRequired = process.env['LAMPLIGHTER_DOCS_REQUIRED'] === '1'
    if (!isUnreachable(installed.text) || isRequired) return installed.code
    console.log('Docs: SKIPPED: the packages of docs/ cannot be installed here')
    return 0
  }
  const vitest = path('../../../node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--config', path('vitest.config.ts'), ...process.argv.slice(2)]
  return (await run(process.execPath, args, path('../../..'))).code
}

process.exitCode = await main()
