import { startDynoxide } from '../../../lib/local/dynoxide.ts'
import { describeStorms } from './storms.ts'

describeStorms('dynoxide', startDynoxide)
