import { Stack } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { InvalidDefinition } from '../lib/core/values/errors.ts'

/** What `namesFrom` of lib/aws/connect.ts reads: with it `createClient` and all functions find table and queues. */
export function namesEnvironment(
  table: Table,
  queues: Readonly<Record<string, Queue>>,
): { readonly LAMPLIGHTER_TABLE: string; readonly LAMPLIGHTER_QUEUES: string } {
  const urls = Object.fromEntries(Object.entries(queues).map(([name, queue]) => [name, queue.queueUrl]))
  return { LAMPLIGHTER_TABLE: table.tableName, LAMPLIGHTER_QUEUES: Stack.of(table).toJsonString(urls) }
}

/** Where the ends and retries of jobs are told beside; only for functions that may. */
export const eventBusEnvironment = (eventBus: IEventBus | undefined): Readonly<Record<string, string>> =>
  eventBus === undefined ? {} : { LAMPLIGHTER_EVENT_BUS: eventBus.eventBusArn }

/** Lambda: names and values of all variables together. docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxEnvironmentBytes = 4 * 1024
/** Everything but the queues: the table's name, the metrics' namespace and the event bus, each at its longest; Node's options. */
const otherBytes = 1_024
/** `"":"https://sqs.ap-southeast-1.amazonaws.com.cn/123456789012/",` and a name of 80, SQS's longest. */
const urlBytes = 64 + 80

/**
 * Sweeper, dispatcher, API and every function of `grantEnqueue` name all queues; what CloudFormation will call them is
 * not known yet, so the longest name counts.
 * @throws InvalidDefinition when they would not fit
 */
export function checkQueueCount(where: string, queues: readonly string[]): void {
  const bytes = queues.reduce((sum, name) => sum + name.length + urlBytes, otherBytes)
  if (bytes <= maxEnvironmentBytes) return
  throw new InvalidDefinition(
    `${where}.runner has ${queues.length} queues, whose names and URLs may take ${bytes} bytes of a function's ` +
      `environment; allowed: ${maxEnvironmentBytes} (Lambda's limit). Use fewer queues, or a second JobRunner`,
  )
}
