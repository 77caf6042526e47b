/** Numbers that this design sets, each with its unit and its reason. Numbers that AWS sets are in quotas.ts. */

/**
 * Kept free in an item for what later transitions add: an error of 8 KB, tags of 2 KB and `notify` of 1 KB that are not
 * in the input, tokens and times.
 */
export const itemReserveBytes = 12 * 1024
/** How far two machines' clocks may differ. */
export const skewBudgetMs = 2_000
/** Lambda kills a function up to a second after its timeout; the lease outlasts that with room to spare. */
export const killLagMs = 5_000
/** A message may start its job this early; the run then waits for the due time on its own clock. */
export const earlyStartMs = 1_000
/** How long before its time a far-off job is put on SQS with DelaySeconds. */
export const leadMs = 90_000
/** More would not be read in a tick. */
export const maxSchedules = 50_000
/** The sweeper's period. EventBridge rules fire once a minute at best. */
export const tickMs = 60_000
export const minHoldMs = 120_000
export const maxHoldMs = 3_600_000
/**
 * A retry no further away than this keeps its message, made visible later. Longer waits would fill SQS's quota of
 * 120,000 messages in flight, and stop the queue: they get a new message that SQS delays, which does not count.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
 */
export const keptMessageMs = 120_000
/** A job that is due this long after the start of the run that enqueued it begins a new chain. */
export const chainHopMs = 60_000
/** SQS moves a message to the dead-letter queue at 1,000 receives: from here on a fresh one takes its place. */
export const maxReceives = 900
/** How old a flush may be before the next one starts although it is still under way. */
export const flushOverlapMs = 250
/** An operator may delete a job only when it is older than this: the SDK may still be retrying its put. */
export const minDeleteAgeMs = 300_000
/** How long after a job's `insertedAt` its put may be repeated: well within the time in which nobody may delete it. */
export const maxPutAgeMs = 60_000
/** Receives after which a message without an item is given up. */
export const maxOrphanReceives = 5
/** T11 keeps only name and message of an error, T12 the stack as well. */
export const maxRetryErrorBytes = 96
export const maxFinalErrorBytes = 8 * 1024
/** An input in the caller's own transaction: of its 4 MB most must be left for the caller. */
export const maxTransactInputBytes = 300 * 1024
/** How far ahead `runAt` may lie: ten years, where a typing error is likelier than a plan. */
export const maxAheadMs = 10 * 365 * 86_400_000
/** JSON nesting and size that an input may have. */
export const maxJsonDepth = 32
/**
 * Jobs in one chain, each enqueued by the run of the one before. Lambda's own guard, which stops at about 16 and drops the
 * message, is switched off for workers: this takes its place, and says so.
 */
export const maxChainDepth = 1_000
/** Characters of a step's name: with the life and the generation it must fit into a key's part of 1,024 bytes. */
export const maxStepName = 200
/** Jobs of one group: 40 records of 256 numbers, each a write unit; and what whoever waits for them reads at once. */
export const maxChildren = 10_000
export const maxTags = 10
export const maxTagLength = 64
export const maxIdempotencyKeyLength = 256
export const maxPriority = 100
/** JSON text handed on with a job's events. */
export const maxNotifyBytes = 1_024
/** A trace and its baggage, as JSON: with it an item of the usual size still fits into a write unit. */
export const maxContextBytes = 512
/** How far back `runAt` may lie and still mean "now": a year, where seconds taken for milliseconds are likelier. */
export const maxPastMs = 365 * 86_400_000
/**
 * How often a running job is read, to see whether somebody cancelled it: its signal aborts within 5 s, of which one is
 * for the read. A run of a minute pays 15 read units, $1.90 for a million of them; one under 4 s pays none.
 */
export const cancelWatchMs = 4_000
/** What a function keeps of its own time to record outcomes and answer. */
export const functionMarginMs = 2_000
/** How long an aborted handler may take to settle before its run is written off. */
export const abortGraceMs = 1_000
