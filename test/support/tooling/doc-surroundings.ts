/** What the blocks of the documents take for granted: the application around them. Only its types count. */
import { Duration as CdkDuration, type Stack } from 'aws-cdk-lib'
import { SnsAction as CdkSnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { ILayerVersion, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Bucket as CdkBucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import * as valibot from 'valibot'
import * as vitest from 'vitest'
import * as cdk from '../../../cdk/job-runner.ts'
import * as lib from '../../../lib/index.ts'
import * as testing from '../../../lib/testing.ts'

export const v = valibot
export const expect = vitest.expect
export const test = vitest.test
export const vi = vitest.vi
export const createClient = lib.createClient
export const defineJob = lib.defineJob
export const defineRunner = lib.defineRunner
export const handle = lib.handle
export const createTestRunner = testing.createTestRunner
export const simulate = testing.simulate
export const JobRunner = cdk.JobRunner
export const Bucket = CdkBucket
export const Duration = CdkDuration
export const SnsAction = CdkSnsAction

// Contracts that many pages speak of.
const empty = v.object({})
export const sendMail = defineJob({
  type: 'send-mail',
  queue: 'mails',
  input: v.object({ to: v.string(), template: v.optional(v.string()) }),
})
export const archive = defineJob({ type: 'archive', input: v.object({ to: v.string() }) })
export const resize = defineJob({ type: 'resize', queue: 'images', input: v.object({ key: v.string() }) })
export const chargeCard = defineJob({
  type: 'charge-card',
  input: v.object({ cents: v.number(), token: v.string() }),
})
export const charge = defineJob({ type: 'charge', input: v.object({ order: v.string(), amount: v.number() }) })
export const dailyReport = defineJob({ type: 'daily-report', input: v.object({ day: v.string() }) })
export const cleanUp = defineJob({ type: 'clean-up', input: empty })
export const announce = defineJob({ type: 'announce', input: empty })
export const runner = defineRunner({ jobs: [sendMail, archive], queues: { mails: {} } })
export const handlers = [handle(sendMail, () => {}), handle(archive, () => {})]

// What programs have at hand.
export declare const client: lib.Client
export declare const ctx: lib.RunContext
export declare const id: string
export declare const shop: Readonly<
  Record<'reserve' | 'charge' | 'ship' | 'refund' | 'release', (order: object, key: string) => Promise<string>>
>
export declare const to: string
export declare const orderId: string
export declare const traceparent: string
export declare const rows: readonly object[]
export declare const input: {
  readonly to: string
  readonly template: string
  readonly cents: number
  readonly token: string
}
export declare const store: (what: unknown) => Promise<string>
export declare const payments: {
  charge(
    what: object,
    options: { readonly idempotencyKey: string; readonly signal: AbortSignal },
  ): Promise<{ readonly id: string }>
}
export declare class FakePayments {
  readonly total: number
  charge(what: { readonly amount: number; readonly idempotencyKey: string }): { readonly charged: number }
}

// And what their stacks have.
export declare const stack: Stack
export declare const handlersEntry: string
/** The construct by its usual name; on the page about hooks, the contracts. */
export declare const jobs: cdk.JobRunner & lib.JobContract[]
export declare const checkoutFunction: LambdaFunction
export declare const orders: Table
export declare const sharpLayer: ILayerVersion
export declare const topic: ITopic
