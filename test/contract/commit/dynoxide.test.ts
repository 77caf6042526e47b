import { describeCommit } from './describe-commit.ts'

describeCommit('dynoxide')
