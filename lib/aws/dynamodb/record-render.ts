/** From a change of a record to what DynamoDB understands. Always UpdateItem or DeleteItem, never a statement. Pure. */
import type { AttributeValue, DeleteItemCommandInput, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import {
  neededMaps,
  type Path,
  type RecordAction,
  type RecordChange,
  type RecordClause,
} from '../../core/records/change.ts'
import type { RecordKey } from '../../core/records/record.ts'
import type { Item } from './item.ts'
import { encodeEntry, encodeNumbers, encodePlain, encodeScalar, encodeValue, recordKeyItem } from './record-item.ts'
import { keyAttribute } from './table.ts'

export type RenderedChange =
  | { readonly kind: 'update'; readonly input: UpdateItemCommandInput & { readonly UpdateExpression: string } }
  | { readonly kind: 'delete'; readonly input: DeleteItemCommandInput }

/** @throws InvalidInput when the change holds a value that no item can hold */
export function renderChange(table: string, key: RecordKey, change: RecordChange): RenderedChange {
  const parts = new Expression()
  const common = { TableName: table, Key: recordKeyItem(key), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
  if ('deletes' in change) {
    const condition = conditionOf(change, parts)
    return { kind: 'delete', input: { ...common, ...condition, ReturnValues: 'ALL_OLD', ...parts.bound() } }
  }
  const UpdateExpression = updateOf(change.actions, parts)
  const condition = conditionOf(change, parts)
  return {
    kind: 'update',
    input: { ...common, UpdateExpression, ...condition, ReturnValues: 'ALL_NEW', ...parts.bound() },
  }
}

/** Placeholders, since names and keys may hold anything. */
class Expression {
  readonly #names = new Map<string, string>()
  readonly #values: Item = {}

  name(name: string): string {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const placeholder = `#n${this.#names.size}`
    this.#names.set(name, placeholder)
    return placeholder
  }

  path({ attribute, key, field }: Path): string {
    return [attribute, key, field].flatMap(name => (name === undefined ? [] : [this.name(name)])).join('.')
  }

  value(value: AttributeValue): string {
    const placeholder = `:v${Object.keys(this.#values).length}`
    this.#values[placeholder] = value
    return placeholder
  }

  bound() {
    const names = [...this.#names].map(([name, placeholder]) => [placeholder, name] as const)
    return {
      ...(names.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(names) }),
      ...(Object.keys(this.#values).length === 0 ? {} : { ExpressionAttributeValues: this.#values }),
    }
  }
}

/** The guard; that there is a record, unless the change may make it; and the maps whose entries it writes. */
function conditionOf(change: RecordChange, parts: Expression): { readonly ConditionExpression?: string } {
  const mayMake = 'makes' in change && change.makes
  const conditions = [
    ...(mayMake ? [] : [`attribute_exists(${parts.name(keyAttribute)})`]),
    ...neededMaps(change).map(map => isMap(map, parts)),
    ...change.guard.map(clause => clauseOf(clause, parts)),
  ]
  return conditions.length === 0 ? {} : { ConditionExpression: conditions.join(' AND ') }
}

const isMap = (attribute: string, parts: Expression): string =>
  `attribute_type(${parts.name(attribute)}, ${parts.value({ S: 'M' })})`

function clauseOf(clause: RecordClause, parts: Expression): string {
  switch (clause.op) {
    case 'absent':
      return `attribute_not_exists(${parts.path(clause)})`
    case 'present':
      return `attribute_exists(${parts.path(clause)})`
    case 'sizeBelow': {
      // What is no map has a size as well, or none.
      const size = `size(${parts.name(clause.attribute)}) < ${parts.value({ N: String(clause.value) })}`
      return `${isMap(clause.attribute, parts)} AND ${size}`
    }
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const path = parts.path(clause)
      const compared = `${path} ${clause.op} ${parts.value(wantedBy(clause))}`
      return clause.orAbsent === true ? `(attribute_not_exists(${path}) OR ${compared})` : compared
    }
  }
}

/** What a clause compares with, encoded as what it is compared to. */
export function wantedBy(
  clause: Extract<RecordClause, { readonly op: '=' | '<' | '<=' | '>' | '>=' }>,
): AttributeValue {
  const { attribute, key, field, value } = clause
  if (key === undefined) return encodeScalar(attribute, value)
  return field === undefined ? encodePlain(key, value) : encodeScalar(field, value)
}

/** The four verbs of an update, each at most once. */
function updateOf(actions: readonly RecordAction[], parts: Expression): string {
  const phrases = new Map<'SET' | 'REMOVE' | 'ADD' | 'DELETE', string[]>()
  for (const action of actions) {
    const [verb, phrase] = phraseOf(action, parts)
    phrases.set(verb, [...(phrases.get(verb) ?? []), phrase])
  }
  return [...phrases].map(([verb, list]) => `${verb} ${list.join(', ')}`).join(' ')
}

function phraseOf(action: RecordAction, parts: Expression): readonly ['SET' | 'REMOVE' | 'ADD' | 'DELETE', string] {
  const name = parts.name(action.attribute)
  switch (action.op) {
    case 'set':
      return ['SET', `${name} = ${parts.value(encodeValue(action.attribute, action.value))}`]
    case 'remove':
      return ['REMOVE', name]
    case 'add':
      return ['ADD', `${name} ${parts.value(encodePlain(action.attribute, action.amount))}`]
    case 'setEntry':
      return ['SET', `${parts.path(action)} = ${parts.value(encodeEntry(action.key, action.value))}`]
    case 'removeEntry':
      return ['REMOVE', parts.path(action)]
    case 'addNumbers':
      return ['ADD', `${name} ${parts.value(encodeNumbers(action.attribute, action.numbers))}`]
    case 'deleteNumbers':
      return ['DELETE', `${name} ${parts.value(encodeNumbers(action.attribute, action.numbers))}`]
  }
}
