import type { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { indexName, keyAttribute, laneAttribute, lookAtAttribute, ttlAttribute } from '../lib/aws/dynamodb/table.ts'

export interface JobTableSettings {
  readonly encryptionKey: IKey | undefined
  readonly removalPolicy: RemovalPolicy
  readonly deletionProtection: boolean
}

/** The table of lib/aws/dynamodb/table.ts; a test compares the two. Its logical id must never change. */
export function jobTable(
  scope: Construct,
  { encryptionKey, removalPolicy, deletionProtection }: JobTableSettings,
): Table {
  const table = new Table(scope, 'Table', {
    partitionKey: { name: keyAttribute, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: ttlAttribute,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy,
    deletionProtection,
    ...(encryptionKey === undefined ? {} : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
  })
  table.addGlobalSecondaryIndex({
    indexName,
    partitionKey: { name: laneAttribute, type: AttributeType.STRING },
    sortKey: { name: lookAtAttribute, type: AttributeType.STRING },
    projectionType: ProjectionType.KEYS_ONLY,
  })
  return table
}
