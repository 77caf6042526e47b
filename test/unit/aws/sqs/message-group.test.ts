import { expect, it } from 'vitest'
import { messageGroup } from '../../../../lib/aws/sqs/job-queue.ts'

const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

it.each(['a42', '7', 'x'.repeat(128), punctuation])('%s is sent as it is', tenant => {
  expect(messageGroup(tenant)).toEqual({ MessageGroupId: tenant })
})

it.each(['two words', 'Müller', '顧客', 'a\u0000b', 'a\nb', 'x'.repeat(129)])('%j is sent as its hash', tenant => {
  const { MessageGroupId: group } = messageGroup(tenant)
  expect(group).toMatch(/^sha256:[\w-]{43}$/)
  expect(messageGroup(tenant)).toEqual({ MessageGroupId: group })
  expect(messageGroup(`${tenant}!`)).not.toEqual({ MessageGroupId: group })
})

it.each([undefined, ''])('%j has no group', tenant => expect(messageGroup(tenant)).toStrictEqual({}))
