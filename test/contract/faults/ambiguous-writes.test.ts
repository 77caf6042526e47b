import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { describeAmbiguousWrites } from './ambiguous-writes.ts'

describeAmbiguousWrites('dynoxide', startDynoxide)
