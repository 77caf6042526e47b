/**
 * Stands on the wire in front of an engine and makes calls go wrong, so that the retries of the real SDK, with the
 * settings of lib/aws/connect.ts, are in the loop.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '../../lib/testing/seeded-random.ts'
import { breakParts, hasParts } from './batch-parts.ts'
import { type Answer, type Call, forward, type Proxy, startProxy } from './wire.ts'

/** On its way to the engine, or on its way back: after a fault of an answer the call has been carried out. */
export type Way = 'request' | 'answer'

export type Fault =
  | { readonly kind: 'delay'; readonly way: Way; readonly delayMs: number }
  /** The connection breaks. */
  | { readonly kind: 'drop'; readonly way: Way }
  /** The whole call is answered with an error of AWS. */
  | { readonly kind: 'error'; readonly way: Way; readonly code: ErrorCode }
  /** A 200 in which some statements, entries or keys of a batch failed. */
  | {
      readonly kind: 'parts'
      readonly way: Way
      readonly code: string
      readonly isHit: (place: number) => boolean
    }

const statusOf = {
  ProvisionedThroughputExceededException: 400,
  ThrottlingException: 400,
  RequestThrottled: 400,
  InternalServerError: 500,
} as const
export type ErrorCode = keyof typeof statusOf

export type Rule = (call: Call) => Fault | undefined

export interface FaultProxy extends Proxy {
  /** The next calls of an operation whose body fits go wrong, one for each fault, in this order. */
  breakNext(operation: string, fits: RegExp, ...faults: readonly Fault[]): void
  /** From now on the rule decides about each call that nothing else was planned for. */
  setRule(rule: Rule): void
  /** Forgets plans, rule and record. */
  calm(): void
  /** What went wrong since the last `calm`: operation, kind and way. */
  readonly injected: readonly string[]
  /** Resolves when nothing is under way any more: a late call has arrived by then. */
  idle(): Promise<void>
}

interface Plan {
  readonly operation: string
  readonly fits: RegExp
  readonly fault: Fault
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let plans: readonly Plan[] = []
  let rule: Rule = () => undefined
  const injected: string[] = []
  const underWay = new Set<Promise<unknown>>()
  const handle = async (call: Call): Promise<Answer | undefined> => {
    const plan = plans.find(({ operation, fits }) => operation === call.operation && fits.test(call.body))
    plans = plans.filter(other => other !== plan)
    const fault = plan?.fault ?? rule(call)
    if (fault === undefined) return forward(call, target)
    injected.push(`${call.operation} ${fault.kind} ${fault.way}`)
    return inject(call, target, fault)
  }
  const proxy = await startProxy(call => {
    const handled = handle(call)
    const done = handled.catch(() => undefined).finally(() => underWay.delete(done))
    underWay.add(done)
    return handled
  })
  return {
    ...proxy,
    injected,
    breakNext(operation, fits, ...faults) {
      plans = [...plans, ...faults.map(fault => ({ operation, fits, fault }))]
    },
    setRule(next) {
      rule = next
    },
    calm() {
      plans = []
      rule = () => undefined
      injected.length = 0
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

async function inject(call: Call, target: string, fault: Fault): Promise<Answer | undefined> {
  switch (fault.kind) {
    case 'delay': {
      if (fault.way === 'request') await sleep(fault.delayMs)
      const answer = await forward(call, target)
      if (fault.way === 'answer') await sleep(fault.delayMs)
      return answer
    }
    case 'drop':
      if (fault.way === 'answer') await forward(call, target)
      return undefined
    case 'error':
      if (fault.way === 'answer') await forward(call, target)
      return errorAnswer(call, fault.code)
    case 'parts': {
      const broken = breakParts(call, fault.isHit, fault.code, fault.way === 'answer')
      const answer = broken.body === undefined ? undefined : await forward(call, target, broken.body)
      if (answer !== undefined && answer.status !== 200) return answer
      return { status: 200, headers: contentType, body: broken.answer(answer?.body) }
    }
  }
}

const contentType = { 'content-type': 'application/x-amz-json-1.0' }

function errorAnswer({ service }: Call, code: ErrorCode): Answer {
  const space = service === 'AmazonSQS' ? 'com.amazonaws.sqs' : 'com.amazonaws.dynamodb.v20120810'
  const body = JSON.stringify({ __type: `${space}#${code}`, message: 'injected' })
  return { status: statusOf[code], headers: contentType, body }
}

/** A share of the calls goes wrong, by chance of a seed. @param share 0 to 1 */
export function seededRule(seed: number, share: number, faults: readonly Fault[]): Rule {
  const random = new SeededRandom(seed)
  return call => {
    if (random.fraction() >= share) return undefined
    const fitting = faults.filter(({ kind }) => kind !== 'parts' || hasParts(call))
    return fitting[Math.floor(random.fraction() * fitting.length)]
  }
}

export const lost = (way: Way): Fault => ({ kind: 'drop', way })
/** Answered by the service itself; nothing was carried out. */
export const refusedWith = (code: ErrorCode): Fault => ({ kind: 'error', way: 'request', code })
/** Some parts of a batch fail; those before the engine have not been carried out, those behind it have. */
export const partsFail = (way: Way, code: string, isHit: (place: number) => boolean): Fault => ({
  kind: 'parts',
  way,
  code,
  isHit,
})
