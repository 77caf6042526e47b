import { expect, it } from 'vitest'
import { signingKeys } from '../../../../functions/jobs/webhook-signature.ts'
import { functionEnvironment, localWebhookKey, notEmulated } from '../../../../lib/dev/engines/environment.ts'

const names = {
  dynamoEndpoint: 'http://127.0.0.1:1',
  sqsEndpoint: 'http://127.0.0.1:2',
  s3Endpoint: 'http://127.0.0.1:3',
  payloads: 'payloads',
  table: 'lamplighter',
  records: 'lamplighter-records',
  queues: { default: 'http://127.0.0.1:2/000000000000/lamplighter-default' },
}

it('lets nothing of the user’s own AWS settings reach the functions', () => {
  const env = functionEnvironment(
    {
      PATH: '/bin',
      AWS_PROFILE: 'production',
      AWS_SESSION_TOKEN: 'token',
      AWS_ACCESS_KEY_ID: 'real',
      AWS_ENDPOINT_URL: 'https://example.com',
      AWS_ENDPOINT_URL_SQS: 'https://example.com',
      aws_profile: 'production',
      LAMPLIGHTER_TABLE: 'production',
      LAMPLIGHTER_RECORDS: 'production-records',
      LAMPLIGHTER_WEBHOOK_NETWORKS: '10.0.0.0/8',
      NOTHING: undefined,
    },
    names,
    'local',
  )
  expect(env).toMatchObject({
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:2',
    LAMPLIGHTER_TABLE: 'lamplighter',
    LAMPLIGHTER_RECORDS: 'lamplighter-records',
    LAMPLIGHTER_QUEUES: '{"default":"http://127.0.0.1:2/000000000000/lamplighter-default"}',
    LAMPLIGHTER_WEBHOOK_NETWORKS: '127.0.0.0/8,::1/128,10.0.0.0/8',
  })
  for (const name of ['AWS_PROFILE', 'aws_profile', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL', 'NOTHING']) {
    expect(env).not.toHaveProperty(name)
  }
})

it('signs deliveries with a key of the right form, or with the user’s own', () => {
  expect(functionEnvironment({}, names, 'local')['LAMPLIGHTER_WEBHOOK_NETWORKS']).toBe('127.0.0.0/8,::1/128')
  expect(signingKeys(localWebhookKey, 'it')).toHaveLength(1)
  expect(functionEnvironment({}, names, 'local')['LAMPLIGHTER_WEBHOOK_KEY']).toBe(localWebhookKey)
  expect(functionEnvironment({ LAMPLIGHTER_WEBHOOK_KEY: 'mine' }, names, 'local')['LAMPLIGHTER_WEBHOOK_KEY']).toBe(
    'mine',
  )
})

it('says that there is no event bus, and lets no function look for one', () => {
  const own = { LAMPLIGHTER_EVENT_BUS: 'production' }
  expect(notEmulated(own)).toEqual(['LAMPLIGHTER_EVENT_BUS is set, but there is no event bus here: no event is sent'])
  expect(functionEnvironment(own, names, 'local')).not.toHaveProperty('LAMPLIGHTER_EVENT_BUS')
  expect(notEmulated({ LAMPLIGHTER_EVENT_BUS: '' })).toEqual([])
})
