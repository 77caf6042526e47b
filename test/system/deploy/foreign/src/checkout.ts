import { createClient } from 'lamplighter'
import { runner, sendReceipt } from './jobs.ts'

const client = createClient({ runner })

export const handler = ({ to, cents }: { to: string; cents: number }) => client.enqueue(sendReceipt, { to, cents })
