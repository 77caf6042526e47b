/** Looks into the application's modules at synth: what a bundle would only find out when Lambda loads it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Runner } from '../lib/core/definition/runner.ts'
import { InvalidDefinition } from '../lib/core/values/errors.ts'
import { bundle } from './bundle.ts'
import { type Modules, probeEntry, probeMark } from './entries.ts'

/** What the probe tells of the modules. */
interface Found {
  readonly runner: unknown
  /** Job types with a handler, one for each handler. */
  readonly handled: readonly string[]
}

/** Loading a few modules takes a tenth of this. */
const timeoutMs = 15_000

/** What of a runner decides about the deployment, as JSON. The probe describes the bundled one in the same way. */
const described = ({ queues, jobs }: Runner): unknown =>
  JSON.parse(JSON.stringify({ queues, jobs: Object.entries(jobs).map(([type, job]) => [type, job.queue, job.policy]) }))

/**
 * Runs the modules in a process of their own, and compares with the runner that was given.
 * @param queues whose worker gets these handlers
 * @returns why nothing could be compared: the modules do not load outside of Lambda
 * @throws InvalidDefinition
 */
export function checkHandlers(
  where: string,
  runner: Runner,
  modules: Modules,
  queues: readonly string[],
  environment: Readonly<Record<string, string>>,
): string | undefined {
  const found = probe(modules, environment)
  if (typeof found === 'string') return found
  if (JSON.stringify(found.runner) !== JSON.stringify(described(runner))) {
    throw new InvalidDefinition(
      `${where}.runner is not the one that ${modules.runner} exports, which the functions would run; ` +
        'pass that one, or set runnerEntry to the module that exports the one you passed',
    )
  }
  const twice = found.handled.find((type, index) => found.handled.indexOf(type) !== index)
  if (twice !== undefined) throw new InvalidDefinition(`${modules.handlers} has two handlers for job type '${twice}'`)
  const unknown = found.handled.find(type => !Object.hasOwn(runner.jobs, type))
  if (unknown !== undefined) {
    throw new InvalidDefinition(
      `${modules.handlers} handles job type '${unknown}', which the runner does not list; listed: ` +
        (Object.keys(runner.jobs).join(', ') || 'none'),
    )
  }
  const missing = Object.values(runner.jobs).filter(
    job => queues.includes(job.queue) && !found.handled.includes(job.type),
  )
  if (missing.length === 0) return undefined
  throw new InvalidDefinition(
    `no handler for ${missing.map(job => `job type '${job.type}' (queue '${job.queue}')`).join(', ')} in ` +
      `${modules.handlers}; there are handlers for: ${found.handled.join(', ') || 'none'}`,
  )
}

/** Several constructs of one program may look into the same modules. */
const probed = new Map<string, Found | string>()

function probe(modules: Modules, environment: Readonly<Record<string, string>>): Found | string {
  const key = JSON.stringify([modules, environment])
  const found = probed.get(key) ?? runProbe(modules, environment)
  probed.set(key, found)
  return found
}

function runProbe(modules: Modules, environment: Readonly<Record<string, string>>): Found | string {
  const { folder } = bundle('handlers', probeEntry(modules))
  const ended = spawnSync(process.execPath, [join(folder, 'index.mjs')], {
    encoding: 'utf8',
    timeout: timeoutMs,
    env: { AWS_REGION: 'us-east-1', ...process.env, ...environment },
  })
  const last = ended.stdout.trimEnd().split('\n').at(-1) ?? ''
  if (ended.status === 0 && last.startsWith(probeMark)) return JSON.parse(last.slice(probeMark.length)) as Found
  const lines = ended.stderr.split('\n').filter(line => /^\s*\w*(Error|Exception)\b.*:/.test(line))
  return lines[0]?.trim() ?? ended.error?.message ?? `the modules ended the process with code ${ended.status}`
}
