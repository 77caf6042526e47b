import { type Call, forward, type Proxy, startProxy } from './wire.ts'

interface Capacity {
  readonly CapacityUnits?: number
  readonly Table?: { readonly CapacityUnits?: number }
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>
}

export interface CountingProxy extends Proxy {
  /** Requests by operation since the last `reset`. */
  readonly requests: Map<string, number>
  /** Units of writes, table and index apart, as the engine reported them. */
  readonly writeUnits: { table: number; index: number }
  reset(): void
}

const writes = /BatchExecuteStatement|UpdateItem|DeleteItem|PutItem|TransactWriteItems/
/** Asked of these, the engine reports the units of table and index apart. */
const reporting =
  /^(BatchExecuteStatement|PutItem|UpdateItem|DeleteItem|TransactWriteItems|BatchGetItem|Query|GetItem)$/

/**
 * Stands on the wire in front of an engine and counts: what the real clients send, not what the code believes to send.
 * Asks DynamoDB for its consumed capacity by writing the wish into each request.
 */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const requests = new Map<string, number>()
  const writeUnits = { table: 0, index: 0 }
  const proxy = await startProxy(async call => {
    const answer = await forward(call, target, metered(call) ? withWish(call.body) : call.body)
    requests.set(call.operation, (requests.get(call.operation) ?? 0) + 1)
    if (writes.test(call.operation)) count(answer.body, writeUnits)
    return answer
  })
  return {
    ...proxy,
    requests,
    writeUnits,
    reset() {
      requests.clear()
      Object.assign(writeUnits, { table: 0, index: 0 })
    },
  }
}

const metered = ({ service, operation }: Call): boolean => service.startsWith('DynamoDB_') && reporting.test(operation)
const withWish = (body: string): string => JSON.stringify({ ...JSON.parse(body), ReturnConsumedCapacity: 'INDEXES' })

function count(body: string, units: { table: number; index: number }): void {
  const { ConsumedCapacity } = JSON.parse(body) as { ConsumedCapacity?: Capacity | readonly Capacity[] }
  const all = ConsumedCapacity === undefined ? [] : [ConsumedCapacity].flat()
  for (const capacity of all) {
    units.table += capacity.Table?.CapacityUnits ?? capacity.CapacityUnits ?? 0
    for (const index of Object.values(capacity.GlobalSecondaryIndexes ?? {})) units.index += index.CapacityUnits ?? 0
  }
}
