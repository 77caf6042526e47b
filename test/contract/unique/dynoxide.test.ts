import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { describeUnique } from './describe-unique.ts'

describeUnique('dynoxide', startDynoxide)
