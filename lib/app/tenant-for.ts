import { tenantOf } from '../core/definition/tenant.ts'
import type { Job } from '../core/job/job.ts'
import { fromJsonText } from '../core/values/json.ts'
import type { Deps } from '../ports/deps.ts'
import { checkInput } from './check-input.ts'

/**
 * For whom a job from outside runs: what the item says, else what its contract makes of its input. A foreign writer need
 * not know of tenants. Costs a read only where the input is needed and was not read.
 *
 * Never rejects: a job starts without a tenant rather than not at all. One whose input the schema refuses is ended by its
 * start.
 */
export async function tenantFor(
  { runner, store }: Pick<Deps, 'runner' | 'store'>,
  { id, type, tenant, input, ref }: Job,
): Promise<string | undefined> {
  const contract = Object.hasOwn(runner.jobs, type) ? runner.jobs[type] : undefined
  // An input that lies elsewhere is one of our own jobs', which got its tenant when it was enqueued.
  if (contract?.tenant === undefined || tenant !== undefined || ref !== undefined) return tenant
  try {
    const text = input === '' ? (await store.get([id]))[0]?.input : input
    return tenantOf(contract, await checkInput(contract, fromJsonText(text ?? '')))
  } catch {
    return undefined
  }
}
