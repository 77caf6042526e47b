/**
 * Which records of the table's stream reach the dispatcher: those of items whose state *becomes* AVAILABLE, unless a
 * later release has parked them. A pattern can ask for the absence of a leaf only: hence `S`. In the
 * form of EventBridge's patterns, as the filter criteria of an event source mapping want them.
 * docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 */
const becomesAvailable = { state: { S: ['AVAILABLE'] }, parked: { S: [{ exists: false }] } } as const

/** One pattern that fits is enough. */
export const streamFilters = [
  { eventName: ['INSERT'], dynamodb: { NewImage: becomesAvailable } },
  {
    eventName: ['MODIFY'],
    dynamodb: {
      NewImage: becomesAvailable,
      OldImage: { state: { S: [{ 'anything-but': ['AVAILABLE'] }] } },
    },
  },
] as const
