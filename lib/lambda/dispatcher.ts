import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { startAvailable } from '../app/sweeper/start-available.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { dispatchRecords } from './dispatch-records.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

/**
 * The dispatcher function: records of the table's stream in, whose items became AVAILABLE. Answers with the first
 * record that must come again; Lambda then brings it and all after it.
 */
export function createDispatcher({
  runner,
}: FunctionOptions): LambdaFunction<DynamoDBStreamEvent, DynamoDBBatchResponse> {
  const telemetry = lambdaTelemetry('dispatcher')
  const deps = awsDeps(runner, namesFrom(process.env), telemetry)
  return lambdaHandler(telemetry, (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    return dispatchRecords(deps, event, startAvailable)
  })
}
