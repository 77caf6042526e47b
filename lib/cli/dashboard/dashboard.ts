import { randomBytes } from 'node:crypto'
import { InvalidInput } from '../../core/values/errors.ts'
import { pageFiles } from '../../dashboard/bundle-page.ts'
import { dashboardSite } from '../../dashboard/site.ts'
import type { Endpoint } from '../api.ts'
import type { Command } from '../command.ts'
import { paragraph } from '../render.ts'
import { type PageRequest, passOn } from './pass-on.ts'

export const dashboard: Command = {
  name: 'dashboard',
  summary: 'look at jobs and steer them in a browser',
  details:
    'Serves the dashboard on 127.0.0.1 until Ctrl-C, and passes its requests on to the target, with your own rights. Only ' +
    'a browser that opened the printed address gets data. Without --write nothing can be changed.',
  options: [
    { flags: '--port <number>', description: 'port on 127.0.0.1; 0 takes a free one (default: 0)' },
    { flags: '--write', description: 'let the dashboard change jobs, queues and schedules' },
  ],
  examples: [
    'lamplighter dashboard',
    'lamplighter dashboard --stack prod',
    'lamplighter dashboard --stack prod --write',
  ],
  async run({ given, flags, terminal, api, page, isJson }) {
    const port = portIn(given['port'] ?? '0')
    const endpoint = await api.endpoint()
    const canWrite = flags.has('write')
    const token = randomBytes(24).toString('base64url')
    const isLocal = endpoint.label === undefined
    const site = dashboardSite(await pageFiles(), { target: targetOf(endpoint), isLocal, canAct: canWrite })
    // Loaded only here: no other command listens.
    const { startHttpServer } = await import('../../dev/http/server.ts')
    const invoke = async (event: unknown) => ({
      kind: 'returned' as const,
      payload: await passOn({ endpoint, token, canWrite }, event as PageRequest),
    })
    const server = await startHttpServer({ port, token, invoke, site })
    const address = `${server.url}/?token=${token}`
    terminal.stdout.write(
      isJson ? `${JSON.stringify({ url: address })}\n` : `${paragraph(page, `Dashboard  ${address}`)}\n`,
    )
    const end = Promise.withResolvers<undefined>()
    terminal.onInterrupt(() => end.resolve(undefined))
    await end.promise
    await server.close()
    return { exit: 'interrupted', json: undefined, text: () => '' }
  },
}

/** `prod-jobs` of `prod-jobs  eu-west-1  as alice`. */
const targetOf = ({ label }: Endpoint): string => label?.split('  ')[0] ?? 'local'

/** @throws InvalidInput */
function portIn(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new InvalidInput('--port', text, '0 to 65535')
  return port
}
