import { Duration } from 'aws-cdk-lib'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { daysPart, objectDays } from '../../lib/core/records/payload.ts'
import { valueDays, valuePrefix } from '../../lib/core/records/value-object.ts'
import type { PayloadBucket } from '../access/permissions.ts'

/** By its shape: `instanceof` fails where aws-cdk-lib is installed twice. An imported bucket takes no rules. */
const takesRules = (bucket: object): bucket is Pick<Bucket, 'addLifecycleRule'> => 'addLifecycleRule' in bucket

/** S3 knows no time to live of an object: each is put under the days that it must last, and each such prefix has a rule. */
export function addPayloadRules(bucket: PayloadBucket | undefined): void {
  if (bucket === undefined || !takesRules(bucket)) return
  for (const days of objectDays) addRule(bucket, 'input', days)
  for (const days of valueDays) addRule(bucket, valuePrefix.slice(0, -1), days)
}

function addRule(bucket: Pick<Bucket, 'addLifecycleRule'>, kind: string, days: number): void {
  const part = daysPart(days)
  bucket.addLifecycleRule({
    id: `lamplighter-${kind}-${part}`,
    prefix: `${kind}/${part}/`,
    expiration: Duration.days(days),
  })
}
