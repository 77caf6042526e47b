import { MemoryJobQueue } from '../../../lib/testing/memory-job-queue.ts'
import { MemoryJobStore } from '../../../lib/testing/memory-job-store.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { describeJobQueue } from './job-queue.ts'
import { describeJobStore } from './job-store.ts'
import { now } from './sample.ts'

describeJobStore('memory', async () => {
  const clock = new VirtualClock(now)
  const store = new MemoryJobStore(clock)
  return {
    store,
    clock,
    put: async item => store.putItem(item),
    peek: async id => store.raw(id),
    stop: async () => {},
  }
})

describeJobQueue('memory', async () => {
  const clock = new VirtualClock(now)
  const queue = new MemoryJobQueue(clock)
  let queues = 0
  return {
    queue,
    newQueue: async () => {
      queues += 1
      return `queue-${queues}`
    },
    receive: async (name, visibilityMs) => queue.receive(name, 10, visibilityMs),
    pass: milliseconds => clock.advance(milliseconds),
    stop: async () => {},
  }
})
