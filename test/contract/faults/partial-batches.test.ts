import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { describePartialBatches } from './partial-batches.ts'

describePartialBatches('dynoxide', startDynoxide)
