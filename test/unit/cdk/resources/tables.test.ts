import { RemovalPolicy } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { beforeAll, describe, expect, it } from 'vitest'
import { recordTableDefinition, tableDefinition, ttlAttribute } from '../../../../lib/aws/dynamodb/table.ts'
import { jobRunner } from '../lanterns-app.ts'
import { allOf } from '../resources.ts'

// Bundles are made once for the whole file, which takes its time on a busy machine.
beforeAll(() => void jobRunner(), 60_000)

interface Replica {
  readonly DeletionProtectionEnabled: boolean
  readonly PointInTimeRecoverySpecification: object
}

type Props = Parameters<typeof jobRunner>[0]

/** The job table and the record table. */
function tables(props?: Props) {
  const found = allOf(Template.fromStack(jobRunner(props).stack), 'AWS::DynamoDB::GlobalTable')
  const [records, jobs] = ['part', undefined].map(part =>
    found.find(({ Properties }) => JSON.stringify(Properties['KeySchema']).includes('"part"') === (part !== undefined)),
  )
  if (records === undefined || jobs === undefined || found.length !== 2) throw new Error('there are not two tables')
  return { jobs, records }
}

const replicaOf = ({ Properties }: ReturnType<typeof tables>['jobs']): Replica => {
  const [replica, ...others] = Properties['Replicas'] as readonly Replica[]
  if (replica === undefined || others.length > 0) throw new Error('there is not one replica')
  return replica
}

describe.each([
  ['jobs', tableDefinition],
  ['records', recordTableDefinition],
] as const)('the table of %s', (name, definition) => {
  it('is the one of lib/aws/dynamodb/table.ts', () => {
    const { StreamSpecification: stream, ...wanted } = { StreamSpecification: undefined, ...definition }
    const { Properties } = tables()[name]
    expect(Properties).toMatchObject({ ...wanted, AttributeDefinitions: expect.any(Array) })
    const sorted = (list: unknown) => (list as readonly object[]).map(one => JSON.stringify(one)).toSorted()
    expect(sorted(Properties['AttributeDefinitions'])).toEqual(sorted(definition.AttributeDefinitions))
    // CloudFormation has no StreamEnabled.
    expect(Properties['StreamSpecification']).toEqual(stream && { StreamViewType: stream.StreamViewType })
    expect(Properties['TimeToLiveSpecification']).toEqual({ AttributeName: ttlAttribute, Enabled: true })
  })

  it('survives: point-in-time recovery, deletion protection, retained without its stack', () => {
    const table = tables()[name]
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(replicaOf(table)).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
  })

  it('goes with its stack where that is asked for; deletion protection can be chosen apart from that', () => {
    const gone = tables(() => ({ removalPolicy: RemovalPolicy.DESTROY }))[name]
    expect([gone.DeletionPolicy, replicaOf(gone).DeletionProtectionEnabled]).toEqual(['Delete', false])
    const kept = tables(() => ({ removalPolicy: RemovalPolicy.DESTROY, deletionProtection: true }))[name]
    expect(replicaOf(kept).DeletionProtectionEnabled).toBe(true)
  })

  it('is encrypted with the key that is given', () => {
    const table = tables(stack => ({ encryptionKey: new Key(stack, 'Key') }))[name]
    expect(table.Properties['SSESpecification']).toMatchObject({ SSEType: 'KMS' })
    expect(replicaOf(table)).toMatchObject({
      SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] } },
    })
  })
})

it('the grants of an encrypted table include its key', () => {
  const { stack, jobs } = jobRunner(scope => ({ encryptionKey: new Key(scope, 'Key') }))
  const role = new Role(stack, 'Report', { assumedBy: new ServicePrincipal('glue.amazonaws.com') })
  jobs.table.grantReadData(role)
  const [policy] = allOf(Template.fromStack(stack), 'AWS::IAM::Policy').filter(({ Properties }) =>
    JSON.stringify(Properties['Roles']).includes('"Report'),
  )
  expect(JSON.stringify(policy)).toContain('kms:Decrypt')
})

it('warm throughput and limits hold for the job table and its index, not for the records', () => {
  const { jobs, records } = tables(() => ({
    warmThroughput: { readUnitsPerSecond: 20_000, writeUnitsPerSecond: 10_000 },
    maxReadRequestUnits: 500,
    maxWriteRequestUnits: 700,
  }))
  const warm = { ReadUnitsPerSecond: 20_000, WriteUnitsPerSecond: 10_000 }
  expect(jobs.Properties).toMatchObject({
    WarmThroughput: warm,
    WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 700 },
    GlobalSecondaryIndexes: [{ WarmThroughput: warm, WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 700 } }],
    Replicas: [
      {
        ReadOnDemandThroughputSettings: { MaxReadRequestUnits: 500 },
        GlobalSecondaryIndexes: [{ ReadOnDemandThroughputSettings: { MaxReadRequestUnits: 500 } }],
      },
    ],
  })
  expect(JSON.stringify(records)).not.toMatch(/WarmThroughput|MaxReadRequestUnits|MaxWriteRequestUnits/)
})

it.each(['table', 'records'] as const)('a replica of %s is refused at synth', name => {
  const { app, jobs } = jobRunner(() => ({}), { env: { region: 'us-east-1', account: '000000000000' } })
  jobs[name].addReplica({ region: 'eu-west-1' })
  expect(() => app.synth()).toThrow(
    /Table has 2 replicas; allowed: 1\. Lamplighter's guards do not hold between regions/,
  )
})
