import { type Answer, type Call, forward, type Proxy, startProxy } from './wire.ts'

export interface Recorder extends Proxy {
  /** Every call that came, answered or not. */
  readonly calls: readonly Call[]
  /** Answers calls of this operation itself until it is told otherwise. */
  instead(operation: string, answer: (call: Call) => Promise<Answer | undefined>): void
  /** Lets everything through again. */
  reset(): void
}

/** Stands in front of an engine and keeps what was asked of it. */
export async function startRecorder(target: string): Promise<Recorder> {
  const calls: Call[] = []
  const stands = new Map<string, (call: Call) => Promise<Answer | undefined>>()
  const proxy = await startProxy(call => {
    calls.push(call)
    return stands.get(call.operation)?.(call) ?? forward(call, target)
  })
  return {
    ...proxy,
    calls,
    instead: (operation, answer) => void stands.set(operation, answer),
    reset: () => stands.clear(),
  }
}
