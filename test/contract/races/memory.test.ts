import { fromItem } from '../../../lib/aws/dynamodb/item.ts'
import { MemoryJobStore } from '../../../lib/testing/memory-job-store.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { now } from '../conformance/sample.ts'
import { describeRaces } from './describe-races.ts'

describeRaces('memory', async () => {
  const clock = new VirtualClock(now)
  const store = new MemoryJobStore(clock)
  return {
    store,
    clock,
    put: async item => store.put(fromItem(item)),
    peek: async id => store.all().find(item => item.id === id),
    stop: async () => {},
  }
})
