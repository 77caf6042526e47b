import { Annotations, Token } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { checkWorker } from '../../lib/bundle/check-worker.ts'
import { groupBy } from '../../lib/core/values/lists.ts'
import type { EntryFiles } from './entry-files.ts'
import type { JobRunnerProps } from './job-runner-props.ts'

export interface CheckWorkersSpec {
  /** For messages: which construct. */
  readonly where: string
  readonly props: JobRunnerProps
  readonly entries: EntryFiles
}

/**
 * Loads each different worker once: queues with the same handlers, bundling and variables share one. A worker with
 * code of its own is not looked into.
 */
export function checkWorkers(scope: Construct, { where, props, entries }: CheckWorkersSpec): void {
  if (props.checkHandlers === false) return
  const bundled = Object.keys(props.runner.queues).filter(queue => props.workers?.[queue]?.code === undefined)
  const workers = bundled.map(queue => ({
    queue,
    handlers: entries.handlersOf(queue),
    bundling: props.workers?.[queue]?.bundling ?? {},
    environment: knownAtSynth(props.workers?.[queue]?.environment ?? {}),
  }))
  const sameWorker = ({ handlers, bundling, environment }: (typeof workers)[number]): string =>
    JSON.stringify([handlers, bundling, environment])
  for (const alike of groupBy(workers, sameWorker).values()) {
    const [first] = alike
    if (first === undefined) continue
    const { handlers, bundling, environment } = first
    const modules = { runner: entries.runner, handlers }
    const queues = alike.map(({ queue }) => queue)
    const why = checkWorker({ where, runner: props.runner, modules, queues, bundling, environment })
    if (why === undefined) continue
    Annotations.of(scope).addWarningV2(
      'lamplighter:handlers-not-checked',
      `${handlers} does not load here, so whether each job has a handler is not known: ${why}`,
    )
  }
}

/** What is known at deployment only is any text. */
function knownAtSynth(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = Object.entries(environment).map(([name, value]) => [
    name,
    Token.isUnresolved(value) ? 'known at deployment' : value,
  ])
  return Object.fromEntries(known) as Record<string, string>
}
