/**
 * Stands in a bundle of ours for the SDK's event streams. No operation of DynamoDB, SQS or EventBridge has one. Workers keep
 * them: handlers may use other clients.
 */
function refuse(): never {
  throw new Error('event streams of the AWS SDK are not in this bundle')
}

export const eventStreamSerdeProvider = refuse

/** Called with `new`. */
export function EventStreamSerde(): never {
  return refuse()
}
