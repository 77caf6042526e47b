import { startDynoxide } from '../../../lib/local/dynoxide.ts'
import { describeSlowEngines } from './slow-engines.ts'

describeSlowEngines('dynoxide', startDynoxide)
