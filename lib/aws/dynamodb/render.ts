/**
 * From a transition to what DynamoDB understands. Pure: nothing here adds to a guard or leaves anything out, so what
 * the simulation tested is what production sends.
 *
 * A PartiQL statement shares its call with 24 others, which saves most of the client's work; a single update does not.
 * Hot transitions are therefore written to fit into a statement: at most one removal, because `REMOVE a, b` is what one
 * engine knows and `REMOVE a REMOVE b` what the others do. The operators' rare ones (T15–T19), which clean up more than
 * that, go the old way: UpdateItem knows one spelling everywhere. So does a deletion, whose answer must hold the item.
 */
import type {
  AttributeValue,
  BatchStatementRequest,
  DeleteItemCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import type { Job, JobAttribute } from '../../core/job/job.ts'
import type { Clause, Scalar } from '../../core/transitions/clause.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { encode, type Item, toItem } from './item.ts'
import { keyAttribute } from './table.ts'

export type Rendered =
  | { readonly kind: 'statement'; readonly statement: BatchStatementRequest }
  | { readonly kind: 'update'; readonly input: UpdateItemCommandInput }
  | { readonly kind: 'delete'; readonly input: DeleteItemCommandInput }

/** A statement that makes the item if its id is absent. */
export function renderInsert(table: string, job: Job): Rendered {
  const item = toItem(job)
  const fields = Object.keys(item).map(name => `'${name}': ?`)
  const statement: BatchStatementRequest = {
    Statement: `INSERT INTO "${table}" VALUE {${fields.join(', ')}}`,
    Parameters: Object.values(item),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }
  return { kind: 'statement', statement }
}

/**
 * @param isAnswered whether the item is to be handed back once it is written; a deletion always does
 * @throws RangeError when the transition holds an instant that is not a number
 */
export function renderTransition(table: string, id: string, transition: Transition, isAnswered = true): Rendered {
  if (transition.deletes === true) return { kind: 'delete', input: deletion(table, id, transition) }
  if (transition.remove.length > 1) {
    return {
      kind: 'update',
      input: { ...update(table, id, transition), ReturnValues: isAnswered ? 'ALL_NEW' : 'NONE' },
    }
  }
  const statement = updateStatement(table, id, transition)
  const Statement = isAnswered ? `${statement.Statement} RETURNING ALL NEW *` : statement.Statement
  return { kind: 'statement', statement: { ...statement, Statement } }
}

type Assignment = { readonly name: JobAttribute; readonly value: AttributeValue; readonly isAdded: boolean }

function assignments({ set, add }: Transition): readonly Assignment[] {
  const named = Object.entries(set) as [JobAttribute, Scalar | readonly string[]][]
  const added = Object.entries(add ?? {}) as [JobAttribute, number][]
  return [
    ...named.map(([name, value]) => ({ name, value: encode(name, value), isAdded: false })),
    ...added.map(([name, value]) => ({ name, value: encode(name, value), isAdded: true })),
  ]
}

/** How a guard is written: in a statement's WHERE, or in a condition expression. */
interface Dialect {
  name(attribute: JobAttribute): string
  value(attribute: JobAttribute, value: Scalar): string
  absent(name: string): string
  present(name: string): string
}

function condition(clause: Clause, dialect: Dialect): string {
  const name = dialect.name(clause.attribute)
  switch (clause.op) {
    case 'absent':
      return dialect.absent(name)
    case 'present':
      return dialect.present(name)
    case 'in':
      return `${name} IN (${clause.values.map(value => dialect.value(clause.attribute, value)).join(', ')})`
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${name} ${clause.op} ${dialect.value(clause.attribute, clause.value)}`
  }
}

function updateStatement(table: string, id: string, transition: Transition): BatchStatementRequest {
  const parameters: AttributeValue[] = []
  const parameter = (value: AttributeValue): string => {
    parameters.push(value)
    return '?'
  }
  const dialect: Dialect = {
    name: attribute => `"${attribute}"`,
    value: (attribute, value) => parameter(encode(attribute, value)),
    absent: name => `${name} IS MISSING`,
    present: name => `${name} IS NOT MISSING`,
  }
  // Parameters are numbered by their place in the text: what follows must stay in the order of the text.
  const set = assignments(transition).map(({ name, value, isAdded }) =>
    // Quoted on the right-hand side, one engine takes the name for a text.
    isAdded ? `"${name}" = ${name} + ${parameter(value)}` : `"${name}" = ${parameter(value)}`,
  )
  const where = [
    `"${keyAttribute}" = ${parameter({ S: id })}`,
    ...transition.guard.map(clause => condition(clause, dialect)),
  ]
  const text = [
    `UPDATE "${table}"`,
    ...(set.length === 0 ? [] : [`SET ${set.join(', ')}`]),
    ...transition.remove.map(name => `REMOVE "${name}"`),
    `WHERE ${where.join(' AND ')}`,
  ]
  return {
    Statement: text.join(' '),
    Parameters: parameters,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }
}

/** Names and values of an expression, and the dialect that collects them. */
function expression() {
  const names: Record<string, string> = {}
  const values: Item = {}
  const name = (attribute: JobAttribute): string => {
    names[`#${attribute}`] = attribute
    return `#${attribute}`
  }
  const bind = (value: AttributeValue): string => {
    const placeholder = `:v${Object.keys(values).length}`
    values[placeholder] = value
    return placeholder
  }
  const dialect: Dialect = {
    name,
    value: (attribute, value) => bind(encode(attribute, value)),
    absent: path => `attribute_not_exists(${path})`,
    present: path => `attribute_exists(${path})`,
  }
  return { names, values, name, bind, dialect }
}

type Expression = ReturnType<typeof expression>

/** The guard, and that there is an item: without that, a guard of absences alone would make one. */
function conditionExpression(transition: Transition, { dialect }: Expression): string {
  const exists = dialect.present(dialect.name(keyAttribute))
  return [exists, ...transition.guard.map(clause => condition(clause, dialect))].join(' AND ')
}

function common(table: string, id: string, { names, values }: Expression) {
  return {
    TableName: table,
    Key: { [keyAttribute]: { S: id } },
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const
}

export function update(
  table: string,
  id: string,
  transition: Transition,
): UpdateItemCommandInput & { readonly UpdateExpression: string } {
  const parts = expression()
  const set = assignments(transition).map(({ name, value, isAdded }) => {
    const path = parts.name(name)
    return isAdded ? `${path} = ${path} + ${parts.bind(value)}` : `${path} = ${parts.bind(value)}`
  })
  const remove = transition.remove.map(parts.name)
  return {
    UpdateExpression: [
      ...(set.length === 0 ? [] : [`SET ${set.join(', ')}`]),
      ...(remove.length === 0 ? [] : [`REMOVE ${remove.join(', ')}`]),
    ].join(' '),
    ConditionExpression: conditionExpression(transition, parts),
    ...common(table, id, parts),
  }
}

export function deletion(table: string, id: string, transition: Transition): DeleteItemCommandInput {
  const parts = expression()
  return {
    ConditionExpression: conditionExpression(transition, parts),
    ReturnValues: 'ALL_OLD',
    ...common(table, id, parts),
  }
}
