import { describe, expect, it } from 'vitest'
import { renderOwn, storedFor } from '../../../../lib/aws/dynamodb/own-item.ts'
import type { TransactItem } from '../../../../lib/core/definition/transact-item.ts'

const TableName = 'accounts'
const handsBack = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }
const update = { TableName, UpdateExpression: 'ADD n :n' }

/** The same write in both forms, and what is sent for either. */
const forms: readonly (readonly [TransactItem, TransactItem])[] = [
  [{ Put: { TableName, Item: { id: 'a', n: 1 } } }, { Put: { TableName, Item: { id: { S: 'a' }, n: { N: '1' } } } }],
  [
    { Update: { ...update, Key: { id: 'a' }, ExpressionAttributeValues: { ':n': 1 } } },
    { Update: { ...update, Key: { id: { S: 'a' } }, ExpressionAttributeValues: { ':n': { N: '1' } } } },
  ],
  [{ Delete: { TableName, Key: { id: 7 } } }, { Delete: { TableName, Key: { id: { N: '7' } } } }],
  [
    { ConditionCheck: { TableName, Key: { id: new Uint8Array([1]) }, ConditionExpression: 'attribute_exists(id)' } },
    {
      ConditionCheck: {
        TableName,
        Key: { id: { B: new Uint8Array([1]) } },
        ConditionExpression: 'attribute_exists(id)',
      },
    },
  ],
]

describe('a write of the application’s own', () => {
  it.each(forms)('%# is the same in both forms', (document, lowLevel) => {
    const [[verb, write] = ['', {}]] = Object.entries(lowLevel)
    expect(renderOwn(lowLevel)).toStrictEqual({ [verb]: { ...handsBack, ...write } })
    expect(renderOwn(document)).toStrictEqual(renderOwn(lowLevel))
  })

  it('takes a map with such a name for what it is, since its key is plain', () => {
    const rendered = renderOwn({ Put: { TableName, Item: { id: 'a', size: { S: 'small' } } } })
    expect(rendered.Put?.Item).toStrictEqual({ id: { S: 'a' }, size: { M: { S: { S: 'small' } } } })
  })

  it('keeps what it says about its refusal', () => {
    const write = { TableName, Key: { id: 'a' }, ReturnValuesOnConditionCheckFailure: 'NONE' } as const
    expect(renderOwn({ Delete: write }).Delete).toMatchObject({ ReturnValuesOnConditionCheckFailure: 'NONE' })
  })

  it('what is stored has the form of the write', () => {
    const stored = { id: { S: 'a' }, n: { N: '1' } }
    expect(forms.slice(0, 1).flatMap(two => two.map(one => storedFor(one, stored)))).toStrictEqual([
      { id: 'a', n: 1 },
      stored,
    ])
  })

  it.each([
    [null, 'items[3]'],
    [{}, 'items[3]'],
    [{ Put: { TableName, Item: { id: 'a' } }, Delete: { TableName, Key: { id: 'a' } } }, 'items[3]'],
    [{ Put: { Item: { id: 'a' } } }, 'items[3].Put.TableName'],
    [{ Put: { TableName } }, 'items[3].Put.Item'],
    [{ Update: { TableName, UpdateExpression: 'ADD n :n' } }, 'items[3].Update.Key'],
    [{ Update: { TableName, Key: { id: 'a' } } }, 'items[3].Update.UpdateExpression'],
    [{ ConditionCheck: { TableName, Key: { id: 'a' } } }, 'items[3].ConditionCheck.ConditionExpression'],
  ])('refuses %o', (item, field) => {
    const render = () => renderOwn(item as TransactItem, 'items[3]')
    expect(render).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })
})
