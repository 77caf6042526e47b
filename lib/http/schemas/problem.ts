/** The body of every refusal: RFC 9457. */
import * as v from 'valibot'
import { problemCodes } from '../problem.ts'

export const problem = v.object({
  type: v.pipe(v.string(), v.description('`urn:lamplighter:problem:<code>`: a name, there is no page behind it.')),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.string(),
  code: v.pipe(v.picklist(problemCodes), v.description('To switch on.')),
  field: v.optional(v.string()),
  value: v.optional(
    v.pipe(v.unknown(), v.description('What was given, when it is short; else its beginning as text.')),
  ),
  allowed: v.optional(v.string()),
  issues: v.optional(v.array(v.object({ path: v.string(), message: v.string() }))),
  moreIssues: v.optional(v.pipe(v.number(), v.description('How many more issues there were.'))),
  id: v.optional(v.pipe(v.string(), v.description('The job that an idempotency key belongs to.'))),
  state: v.optional(v.pipe(v.string(), v.description('With `conflict`: the state in which the act is not possible.'))),
  possible: v.optional(v.pipe(v.array(v.string()), v.description('With `conflict`: acts that are.'))),
  etag: v.optional(v.pipe(v.string(), v.description('With `precondition_failed`: what there is now, if anything.'))),
  requestId: v.optional(v.pipe(v.string(), v.description('With status 500 and 503: finds the error in the log.'))),
})
