import { Stack } from 'aws-cdk-lib'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IConstruct } from 'constructs'
import { InvalidDefinition } from '../../lib/core/values/errors.ts'
import type { TableRef } from './permissions.ts'

/** The variables in which `createClient` and every function find tables and queues. */
export interface NamesEnvironment {
  readonly LAMPLIGHTER_TABLE: string
  readonly LAMPLIGHTER_RECORDS: string
  /** JSON: queue name → URL. */
  readonly LAMPLIGHTER_QUEUES: string
}

/** The variables have other names where they are set for a single runner of several. */
export type Environment = Readonly<Record<string, string>>

export interface Named {
  readonly jobs: TableRef
  readonly records: TableRef
  readonly queues: Readonly<Record<string, IQueue>>
}

/** @param scope whose stack writes the URLs as JSON */
export function namesEnvironment(scope: IConstruct, { jobs, records, queues }: Named): NamesEnvironment & Environment {
  const urls = Object.fromEntries(Object.entries(queues).map(([name, queue]) => [name, queue.queueUrl]))
  return {
    LAMPLIGHTER_TABLE: jobs.tableName,
    LAMPLIGHTER_RECORDS: records.tableName,
    LAMPLIGHTER_QUEUES: Stack.of(scope).toJsonString(urls),
  }
}

/** Where the ends and retries of jobs are published; only for functions that may. */
export const eventBusEnvironment = (eventBus: IEventBus | undefined): Environment =>
  eventBus === undefined ? {} : { LAMPLIGHTER_EVENT_BUS: eventBus.eventBusArn }

/** Lambda: names and values of all variables together. docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxEnvironmentBytes = 4 * 1024
/** All but the queues, each at its longest: two table names, the metrics' namespace, the event bus, Node's options. */
const otherBytes = 1_280
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
