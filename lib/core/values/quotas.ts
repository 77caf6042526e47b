/** Numbers that AWS sets, each with its unit and its source. Checked 2026-11. */

/** DynamoDB: an item, names and values together. docs.aws.amazon.com/amazondynamodb …/Constraints.html */
export const maxItemBytes = 400 * 1024

/** DynamoDB: bytes of a partition key and of a sort key. docs.aws.amazon.com/amazondynamodb …/Constraints.html */
export const maxKeyBytes = 2_048
export const maxPartBytes = 1_024

/** DynamoDB TransactWriteItems: actions in one call. …/APIReference/API_TransactWriteItems.html */
export const maxTransactActions = 100
/** DynamoDB TransactWriteItems: bytes of all items together. …/APIReference/API_TransactWriteItems.html */
export const maxTransactBytes = 4 * 1024 * 1024

/** DynamoDB BatchExecuteStatement: statements in one call. …/APIReference/API_BatchExecuteStatement.html */
export const maxStatementsPerBatch = 25

/** DynamoDB BatchGetItem: keys in one call. …/APIReference/API_BatchGetItem.html */
export const maxKeysPerBatchGet = 100

/** SQS: entries in one batch call. …/SQSDeveloperGuide/quotas-messages.html */
export const maxMessagesPerBatch = 10

/** SQS: DelaySeconds. …/SQSDeveloperGuide/quotas-messages.html */
export const maxDelayMs = 900_000

/** SQS: a visibility timeout, counted from the receive. …/SQSDeveloperGuide/sqs-visibility-timeout.html */
export const maxVisibilityMs = 12 * 3_600_000

/** Lambda: bytes of an answer, 6 MB, with room for the JSON text around it. …/lambda/latest/dg/gettingstarted-limits.html */
export const maxAnswerBytes = 4 * 1024 * 1024

/** Lambda: one invocation. …/lambda/latest/dg/gettingstarted-limits.html */
export const maxFunctionMs = 900_000
