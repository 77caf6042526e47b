/** Worker processes that can die, stand still, or miss an answer, wherever they wait for something. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { JobHandler } from '../core/definition/run-hooks.ts'
import { show, Unavailable } from '../core/values/errors.ts'
import type { WorkerDeps } from '../ports/deps.ts'
import type { TelemetryEvent } from '../ports/telemetry.ts'
import type { FaultKind, FaultPlan, Place } from './fault-plan.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** One invocation of the worker function. */
interface Process {
  readonly name: string
  isDead: boolean
  /** Resolves when a process that stood still goes on. */
  thawed: Promise<void>
  readonly died: Promise<void>
  die(): void
}

const never = new Promise<never>(() => {})

/** What a process waits for. */
interface Step {
  readonly label: string
  readonly kinds: readonly FaultKind[]
  /** What an answer that is lost looks like; it throws where the caller would get an error. */
  readonly lost?: () => unknown
  readonly carryOut: () => unknown
}

export class SimulatedWorkers {
  /** Every place that was reached, in order. */
  readonly places: Place[] = []
  /** What happened, a line each. */
  readonly story: string[] = []
  readonly #plan: FaultPlan
  readonly #clock: VirtualClock
  readonly #stallMs: number
  readonly #current = new AsyncLocalStorage<Process>()
  readonly #startedAt: number
  #count = 0

  /** @param stallMs longer than any lease */
  constructor(plan: FaultPlan, clock: VirtualClock, stallMs: number) {
    this.#plan = plan
    this.#clock = clock
    this.#stallMs = stallMs
    this.#startedAt = clock.now()
  }

  /**
   * Runs a batch in a process of its own.
   * @param double brings its messages a second time
   * @returns what the work returns; undefined when the process died
   */
  async invoke<Result>(
    deps: WorkerDeps,
    { handlers, double }: { readonly handlers: readonly JobHandler[]; readonly double: () => void },
    work: (deps: WorkerDeps, handlers: readonly JobHandler[]) => Promise<Result>,
  ): Promise<Result | undefined> {
    this.#count += 1
    const process = processOf(`worker ${this.#count}`)
    const arrival = { label: 'gets its messages', kinds: ['crash', 'doubled message'], carryOut: () => {} } as const
    const run = this.#current.run(process, async () => {
      const kind = await this.#at(process, arrival)
      if (kind === 'doubled message') double()
      return work(
        this.#depsOf(process, deps),
        handlers.map(handler => this.#handlerOf(process, handler)),
      )
    })
    return Promise.race([run, process.died.then(() => undefined)])
  }

  /** What handlers reach outside: each call that a worker waits for is a place. */
  outside<World extends object>(world: World, path = ''): World {
    return new Proxy(world, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof name === 'symbol' || value === null) return value
        const label = path === '' ? name : `${path}.${name}`
        if (typeof value === 'object') return this.outside(value, label)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) =>
          this.#called(
            `${label}(${args.map(one => show(one, 40)).join(', ')})`,
            () => Reflect.apply(value, target, args) as unknown,
          )
      },
    })
  }

  #called(label: string, carryOut: () => unknown): unknown {
    const process = this.#current.getStore()
    if (process === undefined) return carryOut()
    if (process.isDead) return never
    const answer = carryOut()
    if (!isPromise(answer)) return answer
    const lost = () => {
      throw new Error(`${label}: the answer was lost`)
    }
    return this.#answered(process, { label, kinds: ['crash', 'lost answer', 'stall'], lost, carryOut: () => answer })
  }

  async #answered(process: Process, step: Step): Promise<unknown> {
    let answer: unknown
    const kind = await this.#at(process, { ...step, carryOut: async () => (answer = await step.carryOut()) })
    return kind === 'lost answer' ? step.lost?.() : answer
  }

  /** Carries a step out, and brings about what is planned at its place. Never resolves in a process that is dead. */
  async #at(process: Process, { label, kinds, carryOut }: Step): Promise<FaultKind | undefined> {
    if (process.isDead) return never
    const planned = this.#plan.get(this.places.length)
    this.places.push({ label, kinds })
    const kind = planned !== undefined && kinds.includes(planned) ? planned : undefined
    await process.thawed
    await carryOut()
    await process.thawed
    if (kind !== undefined) this.#tell(process, `${label}: ${storyOf[kind]}`)
    if (kind === 'crash') process.die()
    if (kind === 'stall') {
      process.thawed = this.#clock.sleep(this.#stallMs)
      await process.thawed
    }
    return process.isDead ? never : kind
  }

  #tell(process: Process, what: string): void {
    const seconds = ((this.#clock.now() - this.#startedAt) / 1_000).toFixed(3)
    this.story.push(`${seconds.padStart(9)} s  ${process.name}: ${what}`)
  }

  #handlerOf(process: Process, handler: JobHandler): JobHandler {
    const start = { label: 'before the handler', kinds: ['crash', 'stall'], carryOut: () => {} } as const
    return {
      ...handler,
      run: async (input, ctx) => {
        await this.#at(process, start)
        // Time stands still for a handler; not for one whose process is dead.
        const handled = async () => Promise.race([handler.run(input, ctx), process.died])
        const result: unknown = await this.#clock.during(handled, ctx.signal)
        return process.isDead ? never : result
      },
    }
  }

  #depsOf(process: Process, deps: WorkerDeps): WorkerDeps {
    return {
      ...deps,
      store: this.#port(process, 'job', deps.store),
      records: this.#port(process, 'record', deps.records),
      ...(deps.payloads === undefined ? {} : { payloads: this.#port(process, 'payload', deps.payloads) }),
      queue: this.#port(process, 'queue', deps.queue),
      clock: {
        now: () => deps.clock.now(),
        sleep: (milliseconds, signal) => alive(process, deps.clock.sleep(milliseconds, signal)),
        turn: () => alive(process, deps.clock.turn()),
      },
      telemetry: {
        emit: event => {
          if (process.isDead) return
          const line = lineOf(event)
          if (line !== undefined) this.#tell(process, line)
          deps.telemetry.emit(event)
        },
      },
    }
  }

  /** A port whose calls are places: the answers of writes can be lost. */
  #port<Port extends object>(process: Process, name: string, port: Port): Port {
    return new Proxy(port, {
      get: (target, method) => {
        const call: unknown = Reflect.get(target, method, target)
        if (typeof call !== 'function') return call
        const label = `${name}.${String(method)}`
        const isWrite = Object.hasOwn(writes, label)
        return (...args: unknown[]) =>
          this.#answered(process, {
            label,
            kinds: isWrite ? ['crash', 'lost answer'] : ['crash'],
            lost: () => lostAnswer(label, args),
            carryOut: () => Reflect.apply(call, target, args) as unknown,
          })
      },
    })
  }
}

const writes = {
  'job.insert': true,
  'job.apply': true,
  'record.putIfAbsent': true,
  'record.update': true,
  'record.transact': true,
  'payload.put': true,
  'queue.send': true,
  'queue.setVisibility': true,
}

const failed = (label: string) => ({ kind: 'failed', error: new Unavailable(label, 'the answer was lost') }) as const

/** As the ports answer it: an outcome for each entry, or one for a transaction. A queue's name comes before its entries. */
function lostAnswer(label: string, args: readonly unknown[]): unknown {
  if (label === 'payload.put') return failed(label).error
  const entries = args.find(Array.isArray)
  return label === 'record.transact' || entries === undefined ? failed(label) : entries.map(() => failed(label))
}

const storyOf: Readonly<Record<FaultKind, string>> = {
  crash: 'the process ends right after it',
  'lost answer': 'carried out, and the answer is lost',
  stall: 'the process stands still until its lease is over',
  'doubled message': 'each of them comes twice',
}

/** The events that make a story. */
function lineOf(event: TelemetryEvent): string | undefined {
  const { name } = event
  if (name === 'job_started') return `starts ${event.type} ${event.id}, attempt ${event.attempt}`
  if (name === 'job_completed') return `completes ${event.id}`
  if (name === 'job_retry') return `will retry ${event.id}: ${event.error}`
  if (name === 'job_failed') return `fails ${event.id}: ${event.error}`
  if (name === 'job_enqueued') return `enqueues ${event.type} ${event.id}`
  if (name === 'late_write') return `writes too late for ${event.id}: it does not hold the job any more`
  return undefined
}

function processOf(name: string): Process {
  const { promise: died, resolve } = Promise.withResolvers<void>()
  const process: Process = {
    name,
    isDead: false,
    thawed: Promise.resolve(),
    died,
    die: () => {
      process.isDead = true
      resolve()
    },
  }
  return process
}

const alive = async (process: Process, work: Promise<void>): Promise<void> => {
  await work
  await process.thawed
  if (process.isDead) await never
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
