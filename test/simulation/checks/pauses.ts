import type { Check } from './check.ts'

/** What a worker knows of pauses holds 5 s, and a batch under way ends as it would. */
const noticedMs = 5_000
const batchMs = 10_000

export const pausedStartsNothing: Check = {
  invariant: 'I34',
  what: 'no handler is called of a queue that is paused, once its workers must know it',
  looks: ({ facts, table, loop }) => ({
    handler({ id }) {
      const queue = table.raw(id)?.queue ?? ''
      const held = facts.pauses.find(
        one => one.queue === queue && loop.now > one.from + noticedMs + batchMs && loop.now < one.until,
      )
      return held === undefined ? undefined : `${id} is run ${loop.now - held.from} ms after ${queue} was paused`
    },
  }),
}
