/** What `doctor` looks at: this machine, this project, and the target. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { findModules } from '../../bundle/find-modules.ts'
import type { Health, QueueView } from '../../client/lookup.ts'
import { spokenMs } from '../../core/values/duration.ts'
import { LamplighterError } from '../../core/values/errors.ts'
import type { Call } from '../command.ts'
import { whenText } from '../words.ts'

export interface Finding {
  /** `fail`: something does not work; `warning`: somebody should look. */
  readonly level: 'ok' | 'warning' | 'fail'
  readonly what: string
  readonly text: string
  readonly todo?: string
}

const oldestNode = 22

/** Of this machine and of the project in the working directory: nobody is asked. */
export function localFindings(folder: string): readonly Finding[] {
  const { node = '', tz = 'unknown' } = process.versions as Readonly<Record<string, string | undefined>>
  const isOld = Number(node.split('.')[0]) < oldestNode
  return [
    isOld
      ? { level: 'fail', what: 'node', text: `Node ${node} is too old`, todo: `install Node ${oldestNode} or later` }
      : { level: 'ok', what: 'node', text: `Node ${node}, time zones ${tz}` },
    { level: 'ok', what: 'lamplighter', text: `version ${versionIn('lamplighter', import.meta.url) ?? 'unknown'}` },
    projectFinding(folder),
    packageFinding(folder, 'esbuild', 'check, deploy and --table need it', 'npm install --save-dev esbuild'),
    packageFinding(
      folder,
      'lamplighter-engines',
      'the local stack needs it',
      'npm install --save-dev lamplighter-engines',
    ),
  ]
}

function projectFinding(folder: string): Finding {
  try {
    const { handlers, runner } = findModules(folder, {})
    return { level: 'ok', what: 'project', text: `handlers ${handlers}, contracts ${runner}` }
  } catch (error) {
    if (!(error instanceof LamplighterError)) throw error
    const todo = 'go to the folder of a project, for dev, check and --table'
    return { level: 'warning', what: 'project', text: `no handlers and contracts in ${folder}`, todo }
  }
}

function packageFinding(folder: string, name: string, why: string, todo: string): Finding {
  const version = versionIn(name, join(folder, 'package.json')) ?? versionIn(name, import.meta.url)
  if (version === undefined) return { level: 'warning', what: name, text: `not installed; ${why}`, todo }
  return { level: 'ok', what: name, text: `version ${version}` }
}

/** Undefined where it cannot be found from there. */
function versionIn(name: string, from: string): string | undefined {
  try {
    const { version } = createRequire(from)(`${name}/package.json`) as { readonly version?: string }
    return version
  } catch {
    return undefined
  }
}

/** Of the target. One that does not answer is a finding, too. */
export async function targetFindings({ api, terminal }: Call): Promise<readonly Finding[]> {
  try {
    const { url, label } = await api.endpoint()
    const { body: health } = await api.request<Health>('GET', '/v1/health')
    const { body } = await api.request<{ readonly queues: readonly QueueView[] }>('GET', '/v1/queues')
    const target: Finding = { level: 'ok', what: 'target', text: label ?? `local stack at ${url}` }
    return [target, ...healthFindings(health, terminal.now()), ...body.queues.flatMap(queueFindings)]
  } catch (error) {
    if (!(error instanceof LamplighterError)) throw error
    return [{ level: 'fail', what: 'target', text: error.message }]
  }
}

/** Longer than a request takes: then the clocks differ, and what is shown as "ago" is wrong. */
const maxSkewMs = 10_000

function healthFindings(health: Health, now: number): readonly Finding[] {
  const { reasons, at, lastTick, recorder, oldestDueMs, timeZones } = health
  const skew = Math.abs(Date.parse(at) - now)
  const own = (process.versions as Readonly<Record<string, string | undefined>>)['tz']
  return [
    ...reasons.map(({ level, code, text, todo }): Finding => {
      return { level: level === 'alarm' ? 'fail' : 'warning', what: code, text, todo }
    }),
    ...(lastTick === undefined
      ? []
      : [{ level: 'ok', what: 'tick', text: `the last one ${whenText(lastTick.endedAt, now)}` } as const]),
    recorder.asOf === undefined
      ? { level: 'warning', what: 'recorder', text: 'it has counted nothing yet, or there is none' }
      : { level: 'ok', what: 'recorder', text: `counted up to ${whenText(recorder.asOf, now)}` },
    ...(oldestDueMs > 0 ? [] : [{ level: 'ok', what: 'due jobs', text: 'none waits for the sweeper' } as const]),
    ...(skew <= maxSkewMs
      ? []
      : [
          {
            level: 'warning',
            what: 'clock',
            text: `this machine and the target differ by ${spokenMs(skew)}`,
            todo: 'set the clock of this machine',
          } as const,
        ]),
    ...zoneFinding(own, timeZones),
  ]
}

function zoneFinding(own: string | undefined, theirs: string | undefined): readonly Finding[] {
  if (own === undefined || theirs === undefined) return []
  if (own === theirs) return [{ level: 'ok', what: 'time zones', text: `${theirs} here and there` }]
  const text = `${own} here, ${theirs} there: previews can differ where the rules of a zone have changed`
  return [{ level: 'warning', what: 'time zones', text, todo: 'use the same version of Node in both places' }]
}

/** A queue that the code has lost keeps its jobs; a number that was set at run time is forgotten easily. */
function queueFindings({ name, policy, jobs, concurrency, mapping, paused }: QueueView): readonly Finding[] {
  const count = Object.values(jobs.states).reduce((sum, one) => sum + one, 0)
  const found = (text: string, todo: string): Finding => ({ level: 'warning', what: `queue ${name}`, text, todo })
  return [
    ...(policy !== undefined || count === 0
      ? []
      : [
          found(
            `the deployed code does not have it, and it holds ${count} jobs`,
            'wait: the next tick moves jobs to the queue of their contract',
          ),
        ]),
    ...(concurrency?.by === undefined
      ? []
      : [
          found(
            `concurrency ${concurrency.value}, set by ${concurrency.by}; the code says ${concurrency.code}`,
            `lamplighter queues scale ${name} --reset, when it is no longer needed`,
          ),
        ]),
    ...(mapping === undefined || mapping === 'Enabled' || paused !== undefined
      ? []
      : [found(`its event source mapping is ${mapping}`, 'enable it, or wait for the next tick')]),
  ]
}
