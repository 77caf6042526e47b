/** The table as plain data: what the cloud deploys is what the local stack and the tests create. */

/** Sparse index over the jobs that somebody must look at: partition `lane`, sort `lookAt`, with type and error name. */
export const indexName = 'timeline'
export const keyAttribute = 'id'
export const laneAttribute = 'lane'
export const lookAtAttribute = 'lookAt'
/** Epoch seconds after which DynamoDB deletes an ended job. */
export const ttlAttribute = 'ttl'

/** In the shape of CreateTable, but for the table's name. TTL is switched on by a call of its own. */
export const tableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: keyAttribute, AttributeType: 'S' },
    { AttributeName: laneAttribute, AttributeType: 'S' },
    { AttributeName: lookAtAttribute, AttributeType: 'S' },
  ],
  KeySchema: [{ AttributeName: keyAttribute, KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: indexName,
      KeySchema: [
        { AttributeName: laneAttribute, KeyType: 'HASH' },
        { AttributeName: lookAtAttribute, KeyType: 'RANGE' },
      ],
      // Lists by type and error name are reads of the index. DynamoDB cannot change a projection later.
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['type', 'why'] },
    },
  ],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
} as const

/** Second half of a record's key. */
export const partAttribute = 'part'

/** Everything that must last and is no job: control, schedules, payloads, cells. In the shape of CreateTable. */
export const recordTableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: keyAttribute, AttributeType: 'S' },
    { AttributeName: partAttribute, AttributeType: 'S' },
    { AttributeName: laneAttribute, AttributeType: 'S' },
    { AttributeName: lookAtAttribute, AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: keyAttribute, KeyType: 'HASH' },
    { AttributeName: partAttribute, KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: indexName,
      KeySchema: [
        { AttributeName: laneAttribute, KeyType: 'HASH' },
        { AttributeName: lookAtAttribute, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
} as const
