import { InvalidDefinition } from '../values/errors.ts'

/** Lambda: names and values of all variables together. docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxEnvironmentBytes = 4 * 1024
/** All but the queues, each at its longest: two table names, the metrics' namespace, the event bus, Node's options. */
const otherBytes = 1_280
/** `"":"https://sqs.ap-southeast-1.amazonaws.com.cn/123456789012/",` and a name of 80, SQS's longest. */
const urlBytes = 64 + 80

/** What a hosted dashboard is told, with the variable's name, at its longest. */
export const maxDashboardBytes = 1_000

/** The id of its mapping, which sweeper and API know by the queue's name: `"":"",` and a UUID. */
const mappingBytes = 6 + 36

/**
 * Whether the ids of all mappings fit in addition. Where they do not, a queue is paused by its flag alone, and its
 * concurrency is what the code says.
 * @param more bytes of further variables
 */
export const doMappingsFit = (queues: readonly string[], more = 0): boolean =>
  more + bytesOf(queues) + queues.reduce((sum, name) => sum + name.length + mappingBytes, 0) <= maxEnvironmentBytes

const bytesOf = (queues: readonly string[]): number =>
  queues.reduce((sum, name) => sum + name.length + urlBytes, otherBytes)

/**
 * Sweeper, dispatcher, API and every function of `grantEnqueue` name all queues; what CloudFormation will call them is
 * not known yet, so the longest name counts.
 * @param field of the runner, as the error names it
 * @param more bytes of further variables
 * @throws InvalidDefinition when they would not fit
 */
export function checkQueueCount(field: string, queues: readonly string[], more = 0): void {
  const bytes = more + bytesOf(queues)
  if (bytes <= maxEnvironmentBytes) return
  throw new InvalidDefinition(
    `${field} has ${queues.length} queues, whose names and URLs may take ${bytes} bytes of a function's ` +
      `environment; allowed: ${maxEnvironmentBytes} (Lambda's limit). Use fewer queues, or a second JobRunner`,
  )
}
