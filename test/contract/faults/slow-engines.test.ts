import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { describeSlowEngines } from './slow-engines.ts'

describeSlowEngines('dynoxide', startDynoxide)
