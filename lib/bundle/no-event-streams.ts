/**
 * Stands in a bundle of ours for the SDK's event streams. No operation of DynamoDB, SQS or EventBridge has one. Workers keep
 * them: handlers may use other clients.
 */
const refuse = (): never => {
  throw new Error('event streams of the AWS SDK are not in this bundle')
}

export const eventStreamSerdeProvider = refuse

export class EventStreamSerde {
  constructor() {
    refuse()
  }
}
