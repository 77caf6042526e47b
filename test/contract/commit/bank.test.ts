import { describeBank } from './describe-bank.ts'

describeBank('dynoxide', 1_000)
