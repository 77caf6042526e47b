import { MemoryJobQueue } from '../../../lib/testing/memory-job-queue.ts'
import { MemoryJobStore } from '../../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../../lib/testing/memory-record-store.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { describeJobQueue } from './job-queue.ts'
import { describeJobStore } from './job-store.ts'
import { describeRecordStore } from './record-store.ts'
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

describeRecordStore('memory', async () => {
  const clock = new VirtualClock(now)
  const jobs = new MemoryJobStore(clock)
  const records = new MemoryRecordStore(clock, jobs)
  return {
    records,
    jobs,
    put: async item => records.putItem(item),
    peek: async key => records.item(key),
    expire: async key => records.expire(key),
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
