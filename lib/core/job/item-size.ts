import { utf8Bytes } from '../values/json.ts'
import type { Job, JobAttribute } from './job.ts'

/** An instant takes 24 bytes as ISO text; a number of DynamoDB's takes less than that. */
const scalarBytes = 24

/** Upper bound of the bytes that a job takes in the table: names and values. */
export function jobBytes(job: Partial<Job>): number {
  let bytes = 0
  for (const [name, value] of Object.entries(job) as [JobAttribute, unknown][]) {
    if (value === undefined) continue
    bytes += name.length
    if (typeof value === 'string') bytes += utf8Bytes(value)
    else if (Array.isArray(value)) bytes += 3 + value.reduce((sum: number, tag) => sum + 1 + utf8Bytes(String(tag)), 0)
    else bytes += scalarBytes
  }
  return bytes
}
