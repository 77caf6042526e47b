import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { describeOnFailed } from './describe-on-failed.ts'

describeOnFailed('dynoxide', startDynoxide)
