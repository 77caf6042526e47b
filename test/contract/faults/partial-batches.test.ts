import { startDynoxide } from '../../../lib/local/dynoxide.ts'
import { describePartialBatches } from './partial-batches.ts'

describePartialBatches('dynoxide', startDynoxide)
