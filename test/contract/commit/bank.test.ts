import { describeBank } from './describe-bank.ts'

/** `npm run bank:kill` asks for 1,000. */
const kills = Number(process.env['BANK_KILLS'] ?? 8)

describeBank('dynoxide', { count: 1_000, kills })
