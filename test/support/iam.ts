/** What a request needs to be allowed. …/service-authorization/latest/reference/list_amazondynamodb.html, …amazonsqs.html, …amazoneventbridge.html */
import type { Call } from './wire.ts'

/** An action and the resource it is for, in short: `dynamodb:Query table/index/timeline`. */
export type Permission = `${string} ${string}`

interface Body {
  readonly TableName?: string
  readonly IndexName?: string
  readonly QueueUrl?: string
  readonly RequestItems?: Readonly<Record<string, unknown>>
  readonly Entries?: readonly { readonly EventBusName?: string }[]
  readonly TransactItems?: readonly Readonly<Record<string, { readonly TableName: string }>>[]
  readonly Statements?: readonly { readonly Statement: string }[]
}

/** @throws Error for a call whose permission nobody has written down here */
export function permissionsFor({ service, operation, body }: Call): readonly Permission[] {
  const parsed = JSON.parse(body === '' ? '{}' : body) as Body
  if (service.startsWith('DynamoDB_')) return ofDynamo(operation, parsed)
  if (service === 'AmazonSQS') return ofSqs(operation, parsed)
  if (service === '' && operation.includes(mappingsPath)) return ofMapping(operation)
  if (service === 'AWSEvents' && operation === 'PutEvents') return ofEvents(parsed)
  throw new Error(`no permission is known for ${service}.${operation}`)
}

const mappingsPath = '/2015-03-31/event-source-mappings/'

/** By method and path. …/service-authorization/latest/reference/list_awslambda.html */
function ofMapping(operation: string): readonly Permission[] {
  const [method, path = ''] = operation.split(' ')
  const id = path.slice(mappingsPath.length)
  const action = method === 'PUT' ? 'Update' : 'Get'
  return [`lambda:${action}EventSourceMapping ${id}`]
}

function ofDynamo(operation: string, body: Body): readonly Permission[] {
  switch (operation) {
    case 'BatchExecuteStatement':
      return (body.Statements ?? []).map(({ Statement: text }) => ofStatement(text))
    case 'BatchGetItem':
      return Object.keys(body.RequestItems ?? {}).map(table => `dynamodb:BatchGetItem ${table}` as const)
    case 'GetItem':
    case 'PutItem':
    case 'UpdateItem':
    case 'DeleteItem':
    case 'Query':
    case 'Scan': {
      const index = body.IndexName === undefined ? '' : `/index/${body.IndexName}`
      return [`dynamodb:${operation} ${body.TableName}${index}`]
    }
    // A transaction has no permission of its own; each of its actions has.
    case 'TransactWriteItems':
      return (body.TransactItems ?? []).flatMap(item =>
        Object.entries(item).map(([action, { TableName }]) => `dynamodb:${action}Item ${TableName}` as const),
      )
    default:
      throw new Error(`no permission is known for DynamoDB's ${operation}`)
  }
}

const partiql: Readonly<Record<string, string>> = {
  INSERT: 'PartiQLInsert',
  UPDATE: 'PartiQLUpdate',
  DELETE: 'PartiQLDelete',
  SELECT: 'PartiQLSelect',
}

/** `UPDATE "table" …`, `INSERT INTO "table" …`, `SELECT * FROM "table"."index" …` */
function ofStatement(text: string): Permission {
  const action = partiql[/^\w+/.exec(text)?.[0] ?? '']
  const names = /"([^"]+)"(?:\."([^"]+)")?/.exec(text)
  if (action === undefined || names === null) throw new Error(`no permission is known for the statement ${text}`)
  return `dynamodb:${action} ${names[1]}${names[2] === undefined ? '' : `/index/${names[2]}`}`
}

const ofEvents = ({ Entries: entries = [] }: Body): readonly Permission[] =>
  entries.map(({ EventBusName: bus }) => `events:PutEvents ${bus}` as const)

const sqsActions: Readonly<Record<string, string>> = {
  SendMessage: 'SendMessage',
  SendMessageBatch: 'SendMessage',
  ChangeMessageVisibility: 'ChangeMessageVisibility',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  DeleteMessage: 'DeleteMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ReceiveMessage: 'ReceiveMessage',
  GetQueueAttributes: 'GetQueueAttributes',
}

function ofSqs(operation: string, body: Body): readonly Permission[] {
  const action = sqsActions[operation]
  if (action === undefined) throw new Error(`no permission is known for SQS's ${operation}`)
  return [`sqs:${action} ${body.QueueUrl?.split('/').at(-1)}`]
}
