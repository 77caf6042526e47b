import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { dynamoHarness } from '../conformance/dynamo-harness.ts'
import { describeRaces } from './describe-races.ts'

describeRaces('dynoxide', async () => dynamoHarness(await startDynoxide()))
