/** The SQS of a run, in a process of its own: its CPU time is nobody's. */
import { startFauxqs } from '../../../lib/dev/engines/fauxqs.ts'

const fauxqs = await startFauxqs()
process.on('disconnect', () => process.exit(0))
process.send?.({ endpoint: fauxqs.endpoint })
