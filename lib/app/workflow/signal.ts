/** Sends a signal to a job: what came is written together with the wake, or neither is. */
import { contractOf, policyOf } from '../../core/definition/runner.ts'
import { stepNameIn } from '../../core/definition/workflow.ts'
import { isTerminal, isUnderstood, type Job } from '../../core/job/job.ts'
import { cellRecord, maxCellBytes } from '../../core/records/cell.ts'
import { wakeIfSeen } from '../../core/transitions/suspend.ts'
import { jobAfter } from '../../core/transitions/transition.ts'
import { InvalidInput, Unavailable } from '../../core/values/errors.ts'
import { fromJsonText, toJsonText } from '../../core/values/json.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkSignal } from '../check-input.ts'
import { checkId, type NotFound, type NotPossible, notPossible } from '../operate/operate.ts'
import { sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'
import { report } from '../write.ts'

export type SignalOutcome =
  /** It is written. A job that waited for it goes on. */
  | { readonly kind: 'sent' }
  /** One had come before, or the time for it was up: what came first stays. */
  | { readonly kind: 'already' }
  | NotPossible
  | NotFound

/** The job changes under the signal: each of its starts, ends and wakes is one. */
const maxTries = 8

/**
 * Gives a job what its handler waits for, now or later, under a name. The first one counts.
 * @throws InvalidInput for a name or a value; SignalRefused where the contract says which signals there are
 * @throws JobTooLarge above 300 KB; Unavailable
 */
export async function sendSignal(deps: Deps, id: string, name: string, value: unknown = null): Promise<SignalOutcome> {
  checkId(id)
  stepNameIn('signal', name)
  const text = toJsonText('value', value, maxCellBytes)
  for (let tries = 0; tries < maxTries; tries += 1) {
    const [job] = await deps.store.get([id], 'control')
    if (job === undefined) return { kind: 'notFound' }
    if (isTerminal(job.state)) return notPossible(job, 'it has ended', 'signal')
    if (!isUnderstood(job)) return notPossible(job, 'a later release wrote it', 'signal')
    if (job.life === undefined) return notPossible(job, 'the next tick adopts it', 'signal')
    await checkDeclared(deps, job, name, text)
    const outcome = await sent(deps, job, { name, text })
    if (outcome !== undefined) return outcome
  }
  throw new Unavailable('signal', `job ${id} keeps changing`)
}

/** @returns undefined when the job has changed since it was read */
async function sent(
  deps: Deps,
  job: Job,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<SignalOutcome | undefined> {
  const now = deps.clock.now()
  const policy = policyOf(deps.runner, job.type)
  const request = newRequestToken(deps.random)
  const transition = wakeIfSeen(job, { now, request, policy })
  const record = cellRecord(job, { name, kind: 'signal', value: text, madeAt: now }, policy.keepFailedMs)
  const outcome = await deps.records.transact(
    [
      { kind: 'put', record },
      { kind: 'changeJob', id: job.id, transition },
    ],
    request,
  )
  if (outcome.kind === 'failed') throw new Unavailable('signal', outcome.error)
  if (outcome.kind === 'busy') return undefined
  if (outcome.kind === 'refused')
    return outcome.reasons[0]?.kind === 'refusedByRecord' ? { kind: 'already' } : undefined
  const woken = jobAfter(transition, job)
  report(deps, transition, woken)
  // It is written: where no message goes out, the sweeper hands the job out.
  if (job.state === 'WAITING') await sendOrPull(deps, [{ job: woken, delayMs: 0 }])
  return { kind: 'sent' }
}

async function checkDeclared({ runner }: Deps, { type }: Job, name: string, text: string): Promise<void> {
  const { signals } = contractOf(runner, type)
  if (signals === undefined) return
  const schema = Object.hasOwn(signals, name) ? signals[name] : undefined
  if (schema !== undefined) {
    await checkSignal(name, schema, fromJsonText(text))
    return
  }
  const known = Object.keys(signals).join(', ')
  throw new InvalidInput('signal', name, `a signal that job type '${type}' declares: ${known || 'it declares none'}`)
}
