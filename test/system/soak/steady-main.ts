/** `npm run soak:steady`: exits 1 when a stack that has run 20,000 jobs is more than a fifth slower than a new one. */
import { parseArgs } from 'node:util'
import { slowdownAfter } from './steady.ts'

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '20000' } } })
const jobs = Number(values.jobs)
if (!(jobs > 0)) throw new Error('--jobs is a number above 0')
const slowdown = await slowdownAfter(jobs)
console.log(`after ${jobs} jobs, 1,000 take ${slowdown.toFixed(2)} times as long as on a new stack`)
process.exit(slowdown < 1.2 ? 0 : 1)
