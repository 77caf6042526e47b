/** Why a job is not running. Apart from the rules: the API's schemas need the names at each start, the rules seldom. */
export const reasonCodes = [
  'ended',
  'skipped',
  'expired',
  'running',
  'stopping',
  'lease_over',
  'not_understood',
  'type_unknown',
  'queue_unknown',
  'queue_paused',
  'mapping_disabled',
  'limit',
  'due_later',
  'retry_waiting',
  'start_by',
  'no_start',
  'in_line',
  'message_sent',
  'not_sent',
  'row_missing',
] as const
export type ReasonCode = (typeof reasonCodes)[number]
