import { Stack } from 'aws-cdk-lib'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IConstruct } from 'constructs'
import type { PayloadBucket, TableRef } from './permissions.ts'

/** The variables in which `createClient` and every function find tables and queues. */
export interface NamesEnvironment {
  readonly LAMPLIGHTER_TABLE: string
  readonly LAMPLIGHTER_RECORDS: string
  /** JSON: queue name → URL. */
  readonly LAMPLIGHTER_QUEUES: string
  /** Only with a bucket. */
  readonly LAMPLIGHTER_PAYLOADS?: string
}

/** The variables have other names where they are set for a single runner of several. */
export type Environment = Readonly<Record<string, string>>

export interface Named {
  readonly jobs: TableRef
  readonly records: TableRef
  readonly queues: Readonly<Record<string, IQueue>>
  readonly payloads?: PayloadBucket | undefined
}

/** @param scope whose stack writes the URLs as JSON */
export function namesEnvironment(
  scope: IConstruct,
  { jobs, records, queues, payloads }: Named,
): NamesEnvironment & Environment {
  const urls = Object.fromEntries(Object.entries(queues).map(([name, queue]) => [name, queue.queueUrl]))
  return {
    LAMPLIGHTER_TABLE: jobs.tableName,
    LAMPLIGHTER_RECORDS: records.tableName,
    LAMPLIGHTER_QUEUES: Stack.of(scope).toJsonString(urls),
    ...(payloads === undefined ? {} : { LAMPLIGHTER_PAYLOADS: payloads.bucketName }),
  }
}

/** What sweeper and API must know to pause and scale queues: the ids of their mappings. @param scope whose stack writes them */
export const mappingsEnvironment = (
  scope: IConstruct,
  mappings: Readonly<Record<string, IEventSourceMapping>>,
): Environment =>
  Object.keys(mappings).length === 0
    ? {}
    : {
        LAMPLIGHTER_MAPPINGS: Stack.of(scope).toJsonString(
          Object.fromEntries(
            Object.entries(mappings).map(([name, { eventSourceMappingId }]) => [name, eventSourceMappingId]),
          ),
        ),
      }

/** For the sweeper, which writes down that there is a bus, and may not publish. */
export const eventsEnvironment = (eventBus: IEventBus | undefined): Environment =>
  eventBus === undefined ? {} : { LAMPLIGHTER_EVENTS: 'on' }

/** Where events are published; only for functions that may. */
export const eventBusEnvironment = (eventBus: IEventBus | undefined): Environment =>
  eventBus === undefined ? {} : { LAMPLIGHTER_EVENT_BUS: eventBus.eventBusArn }
