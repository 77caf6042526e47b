import { describe, expect, it } from 'vitest'
import { checkQueueCount, doMappingsFit } from '../../../../lib/core/definition/deployment.ts'

const queues = (count: number) => Array.from({ length: count }, (_, index) => `queue-${index + 10}`)

describe('the names of all queues', () => {
  it('fit into the environment of a function', () => {
    expect(() => checkQueueCount('runner', queues(18))).not.toThrow()
  })

  it('leave room for the ids of their mappings, up to thirteen queues', () => {
    expect([13, 14].map(count => doMappingsFit(queues(count)))).toEqual([true, false])
  })

  it('are refused where they may not', () => {
    expect(() => checkQueueCount('Shop.runner', queues(19))).toThrow(
      "Shop.runner has 19 queues, whose names and URLs may take 4168 bytes of a function's environment; " +
        "allowed: 4096 (Lambda's limit). Use fewer queues, or a second JobRunner",
    )
  })
})
