/** What the embedded engine does not do at will: failures of single entries and of whole calls. */
import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, describe, expect, it } from 'vitest'
import { SqsJobQueue } from '../../../../lib/aws/sqs/job-queue.ts'
import { Unavailable } from '../../../../lib/core/values/errors.ts'

const sqs = mockClient(SQSClient)
afterEach(() => sqs.reset())

const queue = new SqsJobQueue({
  client: new SQSClient({ region: 'us-east-1' }),
  urls: { default: 'https://sqs.example.test/1/default' },
})
const outgoing = (count: number, delayMs = 0, tenant?: string) =>
  Array.from({ length: count }, (_, n) => ({
    message: { v: 1, id: `job-${n}`, fence: 1, type: 'sample', at: 5 } as const,
    tenant,
    delayMs,
  }))
const entry = (id: string) => ({ Id: id, MessageId: 'm', MD5OfMessageBody: 'x' })
const failedEntry = (id: string) => ({ Id: id, SenderFault: false, Code: 'InternalError', Message: 'try again' })
const failed = { kind: 'failed', error: expect.any(Unavailable) as Unavailable }

describe('send', () => {
  it('answers for each entry, whatever order SQS answers in', async () => {
    sqs.on(SendMessageBatchCommand).resolves({ Successful: [entry('2'), entry('0')], Failed: [failedEntry('1')] })
    const outcomes = await queue.send('default', outgoing(3))
    expect(outcomes).toEqual([{ kind: 'sent' }, failed, { kind: 'sent' }])
    expect(outcomes[1]?.kind === 'failed' && outcomes[1].error.message).toContain('InternalError: try again')
  })

  it('takes an entry that SQS says nothing about for failed', async () => {
    sqs.on(SendMessageBatchCommand).resolves({ Successful: [entry('0')], Failed: [] })
    expect(await queue.send('default', outgoing(2))).toEqual([{ kind: 'sent' }, failed])
  })

  it('fails the entries of a call that failed, and no others', async () => {
    sqs
      .on(SendMessageBatchCommand)
      .rejectsOnce(new Error('socket hang up'))
      .callsFake(async (input: SendMessageBatchCommandInput) => ({
        Successful: (input.Entries ?? []).map(({ Id: id }) => entry(id ?? '')),
      }))
    const outcomes = await queue.send('default', outgoing(25))
    expect(outcomes.filter(({ kind }) => kind === 'failed')).toHaveLength(10)
    expect(outcomes.filter(({ kind }) => kind === 'sent')).toHaveLength(15)
  })

  it('puts ten messages into a call, their delays rounded up', async () => {
    sqs.on(SendMessageBatchCommand).resolves({ Successful: [] })
    await queue.send('default', outgoing(21, 1))
    const calls = sqs.commandCalls(SendMessageBatchCommand).map(call => call.args[0].input)
    expect(calls.map(input => input.Entries?.length)).toEqual([10, 10, 1])
    expect(calls[2]?.Entries?.[0]).toEqual({
      Id: '0',
      MessageBody: '{"v":1,"id":"job-20","fence":1,"type":"sample","at":5}',
      DelaySeconds: 1,
    })
  })

  it('makes messages of a tenant a group of a fair queue, delayed or not; others cost no more than before', async () => {
    sqs.on(SendMessageBatchCommand).resolves({ Successful: [] })
    await queue.send('default', [...outgoing(1, 0, 'a42'), ...outgoing(1, 5_000, 'b 7'), ...outgoing(1)])
    const entries = sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input.Entries
    expect(entries?.[0]).toMatchObject({ MessageGroupId: 'a42' })
    expect(entries?.[1]).toMatchObject({ DelaySeconds: 5, MessageGroupId: expect.stringMatching(/^sha256:/) })
    expect(entries?.[2]).not.toHaveProperty('MessageGroupId')
  })

  it('sends what is due at once without a delay, so that the queue’s own applies', async () => {
    sqs.on(SendMessageBatchCommand).resolves({ Successful: [] })
    await queue.send('default', outgoing(1))
    expect(sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input.Entries?.[0]).not.toHaveProperty('DelaySeconds')
  })

  it.each(['nowhere', 'constructor'])('fails for a queue without an URL: %s', async name => {
    expect(await queue.send(name, outgoing(1))).toEqual([failed])
    expect(sqs.calls()).toHaveLength(0)
  })
})

describe('setVisibility', () => {
  it('answers for each entry', async () => {
    sqs.on(ChangeMessageVisibilityBatchCommand).resolves({ Successful: [{ Id: '1' }], Failed: [failedEntry('0')] })
    const changes = ['a', 'b'].map(receipt => ({ receipt, visibleInMs: 1 }))
    expect(await queue.setVisibility('default', changes)).toEqual([failed, { kind: 'sent' }])
  })

  it.each([
    [-5, 0],
    [0, 0],
    [1, 1],
    [43_200_001, 43_200],
  ])('of %i ms asks for %i s', async (visibleInMs, seconds) => {
    sqs.on(ChangeMessageVisibilityBatchCommand).resolves({ Successful: [{ Id: '0' }], Failed: [] })
    await queue.setVisibility('default', [{ receipt: 'a', visibleInMs }])
    const [call] = sqs.commandCalls(ChangeMessageVisibilityBatchCommand)
    expect(call?.args[0].input.Entries?.[0]?.VisibilityTimeout).toBe(seconds)
  })
})
