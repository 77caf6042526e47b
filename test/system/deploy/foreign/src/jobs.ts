import { defineJob, defineRunner } from 'lamplighter'
import { number, object, string } from 'valibot'

export const sendReceipt = defineJob({ type: 'send-receipt', input: object({ to: string(), cents: number() }) })

export const runner = defineRunner({ jobs: [sendReceipt] })
