/** The tables of lib/aws/dynamodb/table.ts; a test compares them. Their logical ids must never change. */
import type { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  type CfnGlobalTable,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  StreamViewType,
  TableV2,
  type WarmThroughput,
} from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { recordTableDefinition, tableDefinition, ttlAttribute } from '../../lib/aws/dynamodb/table.ts'

export interface TableSettings {
  readonly encryptionKey: IKey | undefined
  readonly removalPolicy: RemovalPolicy
  readonly deletionProtection: boolean
  /** Of the job table and its index. The record table sees a fraction of their traffic. */
  readonly warmThroughput: WarmThroughput | undefined
  readonly maxReadRequestUnits: number | undefined
  readonly maxWriteRequestUnits: number | undefined
}

/** As CreateTable writes it; all keys are texts. */
interface Keys {
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' }[]
}

interface Index extends Keys {
  readonly IndexName: string
  readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes?: readonly string[] }
}

interface Definition extends Keys {
  readonly GlobalSecondaryIndexes: readonly Index[]
  readonly StreamSpecification?: object
}

/** One row a job. */
export function jobTable(scope: Construct, settings: TableSettings): TableV2 {
  return table(scope, 'JobTable', tableDefinition, settings)
}

/** @throws Error for a table without a stream: the job table has one */
export function streamArnOf({ node, tableStreamArn }: TableV2): string {
  if (tableStreamArn === undefined) throw new Error(`${node.path} has no stream`)
  return tableStreamArn
}

/** Everything else that must last. */
export function recordTable(scope: Construct, settings: TableSettings): TableV2 {
  return table(scope, 'RecordTable', recordTableDefinition, {
    ...settings,
    warmThroughput: undefined,
    maxReadRequestUnits: undefined,
    maxWriteRequestUnits: undefined,
  })
}

function table(scope: Construct, id: string, definition: Definition, settings: TableSettings): TableV2 {
  const { encryptionKey, removalPolicy, deletionProtection } = settings
  const limits = onlyGiven({
    maxReadRequestUnits: settings.maxReadRequestUnits,
    maxWriteRequestUnits: settings.maxWriteRequestUnits,
  })
  const warm = onlyGiven({ warmThroughput: settings.warmThroughput })
  const made = new TableV2(scope, id, {
    ...keysOf(definition),
    ...warm,
    billing: Billing.onDemand(limits),
    ...(definition.StreamSpecification === undefined ? {} : { dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES }),
    timeToLiveAttribute: ttlAttribute,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy,
    deletionProtection,
    globalSecondaryIndexes: definition.GlobalSecondaryIndexes.map(index => ({ ...indexOf(index), ...limits, ...warm })),
  })
  if (encryptionKey !== undefined) encrypt(made, encryptionKey)
  made.node.addValidation({ validate: () => replicasIn(made) })
  return made
}

/**
 * What `TableEncryptionV2.customerManagedKey` would do, which the CDK refuses in a stack that learns its region at
 * deployment. There is one replica, so its key is that of the table's own region.
 */
function encrypt(made: TableV2, key: IKey): void {
  const resource = made.node.defaultChild as CfnGlobalTable
  resource.addPropertyOverride('SSESpecification', { SSEEnabled: true, SSEType: 'KMS' })
  resource.addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: key.keyArn })
  // The table's own grants, such as grantReadData, include the key.
  Object.assign(made, { encryptionKey: key })
}

/** Without the properties that are undefined: the CDK tells them from absent ones. */
function onlyGiven<Given extends object>(given: Given): { [Key in keyof Given]?: NonNullable<Given[Key]> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof onlyGiven<Given>
  >
}

function keysOf({
  KeySchema,
}: Keys): Pick<GlobalSecondaryIndexPropsV2, 'sortKey'> & Required<Pick<GlobalSecondaryIndexPropsV2, 'partitionKey'>> {
  const [partition, sort] = ['HASH', 'RANGE'].map(kind => KeySchema.find(({ KeyType }) => KeyType === kind))
  return {
    partitionKey: { name: partition?.AttributeName ?? '', type: AttributeType.STRING },
    ...(sort === undefined ? {} : { sortKey: { name: sort.AttributeName, type: AttributeType.STRING } }),
  }
}

function indexOf(index: Index): GlobalSecondaryIndexPropsV2 {
  const { NonKeyAttributes: included } = index.Projection
  return {
    ...keysOf(index),
    indexName: index.IndexName,
    ...(included === undefined
      ? { projectionType: ProjectionType.KEYS_ONLY }
      : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...included] }),
  }
}

/** Two regions would both dispatch, and a guarded write holds in one region only: the last writer wins between them. */
function replicasIn(made: TableV2): string[] {
  const { replicas } = made.node.defaultChild as CfnGlobalTable
  const { length } = made.stack.resolve(replicas) as readonly unknown[]
  if (length <= 1) return []
  return [`${made.node.path} has ${length} replicas; allowed: 1. Lamplighter's guards do not hold between regions`]
}
