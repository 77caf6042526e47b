/** Very many jobs, read as they are placed: memory holds a few slices of them, whatever their number. */

import type { EnqueueOutcome } from '../../core/definition/job-request.ts'
import { describedInput } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { enqueueMany, requestsPerSlice, slicesAtOnce } from './enqueue.ts'
import type { EnqueueRequest } from './prepare.ts'

type Slice = Promise<readonly EnqueueOutcome[]>

/**
 * Enqueues what `requests` gives, and answers per request, in order. It reads ahead four slices of 100 requests at most:
 * a caller who waits with the next answer holds up the reading. When the source throws, the answers to what it gave
 * before come first, then its error. A caller who stops early leaves at most those slices enqueued.
 * @throws InvalidInput when `requests` cannot be iterated
 */
export async function* enqueueStream<Asked>(
  deps: Deps,
  requests: Iterable<Asked> | AsyncIterable<Asked>,
  requestOf: (asked: Asked) => EnqueueRequest,
): AsyncGenerator<EnqueueOutcome, void, undefined> {
  const underWay: Slice[] = []
  const source: Source = {}
  const slices = slicesOf(requests, requestOf, source)
  try {
    for await (const slice of slices) {
      underWay.push(begun(deps, slice))
      if (underWay.length === slicesAtOnce) yield* await nextOf(underWay)
    }
    while (underWay.length > 0) yield* await nextOf(underWay)
  } finally {
    await Promise.allSettled(underWay)
  }
  if (source.failure !== undefined) throw source.failure.error
}

/** A slice may fail while nobody waits for it yet: that must not end the process. */
function begun(deps: Deps, requests: readonly EnqueueRequest[]): Slice {
  const placed = enqueueMany(deps, requests)
  placed.catch(() => {})
  return placed
}

const nextOf = async (underWay: Slice[]): Promise<readonly EnqueueOutcome[]> => (await underWay.shift()) ?? []

/** What is wrong with the source itself. Kept until what it gave before is answered. */
interface Source {
  failure?: { readonly error: unknown }
}

async function* slicesOf<Asked>(
  requests: Iterable<Asked> | AsyncIterable<Asked>,
  requestOf: (asked: Asked) => EnqueueRequest,
  source: Source,
) {
  if (!isIterable(requests))
    throw describedInput('requests', typeof requests, 'a list, or anything that can be iterated')
  let slice: EnqueueRequest[] = []
  try {
    for await (const asked of requests) {
      slice.push(requestOf(asked))
      if (slice.length < requestsPerSlice) continue
      yield slice
      slice = []
    }
  } catch (error) {
    source.failure = { error }
  }
  if (slice.length > 0) yield slice
}

const isIterable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
