import { createHash } from 'node:crypto'

/** Letters, digits and punctuation of ASCII. docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const groupIds = /^[!-~]{1,128}$/

/**
 * What makes SQS treat messages of one tenant as one group, on a standard queue (fair queues). Only where there is a
 * tenant: each request with a group costs more.
 *
 * A tenant that SQS would refuse (a name with a space or an umlaut, or whatever somebody wrote into the item) is sent as
 * its hash: it is a group as good as any, and a message that is refused would cost its job minutes.
 */
export function messageGroup(tenant: string | undefined): { readonly MessageGroupId?: string } {
  if (tenant === undefined || tenant === '') return {}
  return { MessageGroupId: groupIds.test(tenant) ? tenant : hashOf(tenant) }
}

const hashOf = (tenant: string): string => `sha256:${createHash('sha256').update(tenant).digest('base64url')}`
