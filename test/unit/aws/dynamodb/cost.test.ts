import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import { engineSettings } from '../../../contract/conformance/dynamo-harness.ts'
import { describeCosts } from './cost-cases.ts'

describeCosts('dynoxide', async () => {
  const engine = await startDynoxide()
  return {
    table: 'cost',
    connect: () => new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint }),
    stop: () => engine.stop(),
  }
})
