import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { dynamoHarness } from './dynamo-harness.ts'
import { describeJobStore } from './job-store.ts'
import { dynamoRecordHarness } from './record-harness.ts'
import { describeRecordStore } from './record-store.ts'

describeJobStore('dynoxide', async () => dynamoHarness(await startDynoxide()))
describeRecordStore('dynoxide', async () => dynamoRecordHarness(await startDynoxide()))
