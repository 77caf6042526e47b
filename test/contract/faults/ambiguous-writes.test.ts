import { startDynoxide } from '../../../lib/local/dynoxide.ts'
import { describeAmbiguousWrites } from './ambiguous-writes.ts'

describeAmbiguousWrites('dynoxide', startDynoxide)
