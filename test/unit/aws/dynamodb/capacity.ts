import type { ConsumedCapacity, DynamoDBClient } from '@aws-sdk/client-dynamodb'

export interface Units {
  table: number
  index: number
}

/**
 * Makes every request of the client ask what it consumes, and sums it up.
 * @param isCounted by the name of the command, such as `UpdateItemCommand`
 * @returns what has been consumed since it was asked last
 */
export function countUnits(client: DynamoDBClient, isCounted: (command: string) => boolean = () => true): () => Units {
  let units: Units = { table: 0, index: 0 }
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async args => {
        const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' } })
        if (!isCounted(commandName)) return answer
        for (const one of consumedBy(answer.output)) {
          units.table += one.Table?.CapacityUnits ?? 0
          for (const index of Object.values(one.GlobalSecondaryIndexes ?? {})) units.index += index.CapacityUnits ?? 0
        }
        return answer
      },
    { step: 'initialize' },
  )
  return () => {
    const consumed = units
    units = { table: 0, index: 0 }
    return consumed
  }
}

function consumedBy(output: object): readonly ConsumedCapacity[] {
  const { ConsumedCapacity: consumed } = output as { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] }
  return consumed === undefined ? [] : Array.isArray(consumed) ? consumed : [consumed]
}
