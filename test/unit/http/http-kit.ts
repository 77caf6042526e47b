import * as v from 'valibot'
import { expect } from 'vitest'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { createHttpApp, type HttpBindings, type OnError } from '../../../lib/http/app.ts'
import type { Problem } from '../../../lib/http/problem.ts'
import type { HttpOptions } from '../../../lib/http/route.ts'
import type { Deps } from '../../../lib/ports/deps.ts'
import type { Outgoing } from '../../../lib/ports/job-queue.ts'
import type { JobStore } from '../../../lib/ports/job-store.ts'
import { createTestRunner } from '../../../lib/testing.ts'
import { storeOver } from '../../support/store-over.ts'

/** Takes any JSON. */
const echo = defineJob({ type: 'echo', input: v.unknown() })
/** Takes one number or more, and nothing else. */
const sum = defineJob({
  type: 'sum',
  queue: 'numbers',
  input: v.strictObject({ numbers: v.pipe(v.array(v.number()), v.minLength(1)) }),
})
/** Takes any JSON; the store throws what is no error when it is to keep one. */
const broken = defineJob({ type: 'broken', input: v.unknown() })

const breaking = (store: JobStore): JobStore =>
  storeOver(store, {
    insert: jobs => (jobs.some(({ type }) => type === 'broken') ? Promise.reject('no error') : store.insert(jobs)),
  })

/** The API on the memory implementations, with all that it wrote, sent and could not answer. */
export function httpKit(wrapStore: (store: JobStore) => JobStore = store => store, options?: HttpOptions) {
  const runner = defineRunner({ queues: { numbers: {} }, jobs: [echo, sum, broken] })
  const {
    clock,
    store,
    queue,
    deps: inner,
  } = createTestRunner({
    runner,
    handlers: [],
    partial: true,
    startAt: 1_798_761_600_000,
    wrapStore: held => breaking(wrapStore(held)),
  })
  const sent: Outgoing[] = []
  const faults: { error: unknown; request: Parameters<OnError>[1] }[] = []
  const deps: Deps = {
    ...inner,
    queue: {
      send(name, messages) {
        sent.push(...messages)
        return queue.send(name, messages)
      },
      setVisibility: (name, changes) => queue.setVisibility(name, changes),
      depth: name => queue.depth(name),
    },
  }
  const onError: OnError = (error, request) => faults.push({ error, request })
  const { fetch } = createHttpApp(deps, onError, options)
  const app = {
    fetch,
    request: (target: string | Request, init?: RequestInit, bindings?: HttpBindings): Promise<Response> =>
      fetch(target instanceof Request ? target : new Request(`http://localhost${target}`, init), bindings),
  }
  return {
    app,
    clock,
    store,
    deps,
    sent,
    faults,
    onError,
    /** Posts a value as JSON, or text and bytes as they are. */
    post: (body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
      app.request('/v1/jobs', {
        method: 'POST',
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    get: (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
      app.request(path, { headers }),
    /** Sends a value as JSON, if there is one; a POST has its content type in any case. */
    send: (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
      app.request(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    /** What the API left behind. */
    traces: () => ({ written: store.all().length, sent: sent.length, faults: faults.length }),
  }
}

/** A store that can be asked for no job: each read rejects with the error. */
export const unreadable =
  (error: Error) =>
  (store: JobStore): JobStore =>
    storeOver(store, {
      async get() {
        throw error
      },
    })

export const nothing = { written: 0, sent: 0, faults: 0 }

export const problemIn = async (response: Response): Promise<Problem> => (await response.json()) as Problem

/** Posts, and expects a refusal that leaves nothing behind. */
export async function refused(body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const { post, traces } = httpKit()
  const response = await post(body, headers)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await problemIn(response)
  expect(problem.status).toBe(response.status)
  expect(traces()).toEqual(nothing)
  return problem
}
