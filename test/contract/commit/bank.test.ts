import { describeBank } from './describe-bank.ts'

describeBank('dynoxide', { count: 1_000, kills: 8 })
