import { createTestRunner } from 'lamplighter/testing'
import { handlers } from './src/handlers.ts'
import { runner, sendReceipt } from './src/jobs.ts'

const test = createTestRunner({ runner, handlers })
const { id } = await test.enqueue(sendReceipt, { to: 'ada@example.org', cents: 1_250 }, { delay: '3d' })
await test.advance('3d')
const job = await test.get(id)
console.log(job?.state, JSON.stringify(job?.result))
