/** How contracts differ on a laptop, where a write costs nothing and a person watches. Bundled in front of the modules. */
import type { JobHandler } from '../core/definition/run-hooks.ts'
import type { Runner } from '../core/definition/runner.ts'

export interface LocalSettings {
  /** More time for each run, and thus for its lease, its function and its message: somebody may stand at a breakpoint. */
  readonly slackMs: number
}

/** The same contracts; completed jobs are listed, too. */
export const localRunner = (runner: Runner, { slackMs }: LocalSettings): Runner => ({
  ...runner,
  jobs: Object.fromEntries(
    Object.entries(runner.jobs).map(([type, contract]) => {
      const { policy } = contract
      const local = { ...policy, listCompleted: true, timeoutMs: policy.timeoutMs + slackMs }
      return [type, { ...contract, policy: local }]
    }),
  ),
})

/** Handlers of the runner's contracts, bound to the local ones. Others stay, and are refused as usual. */
export const localHandlers = (
  handlers: readonly JobHandler[],
  declared: Runner,
  local: Runner,
): readonly JobHandler[] =>
  Array.isArray(handlers)
    ? handlers.map((handler: JobHandler) => {
        const type = handler?.contract?.type
        const contract = declared.jobs[type] === handler?.contract ? local.jobs[type] : undefined
        return contract === undefined ? handler : { ...handler, contract }
      })
    : handlers
