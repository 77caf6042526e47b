import { handle } from 'lamplighter'
import { sendReceipt } from './jobs.ts'

export const handlers = [handle(sendReceipt, ({ to, cents }) => ({ sent: `${(cents / 100).toFixed(2)} to ${to}` }))]
