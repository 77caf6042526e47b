import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { dynamoHarness } from './dynamo-harness.ts'
import { describeJobStore } from './job-store.ts'

describeJobStore('dynoxide', async () => dynamoHarness(await startDynoxide()))
