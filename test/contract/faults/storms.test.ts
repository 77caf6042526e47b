import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { describeStorms } from './storms.ts'

describeStorms('dynoxide', startDynoxide)
