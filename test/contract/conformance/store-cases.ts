/** The cases beside the transitions: batches, inserts, reads, the index, items that others have written, the scan. */
import { batchCases } from './batch-cases.ts'
import { foreignCases } from './foreign-cases.ts'
import { indexCases } from './index-cases.ts'
import { insertCases } from './insert-cases.ts'
import { scanCases } from './scan-cases.ts'
import type { CaseGroup } from './store-case.ts'

export const storeCases: readonly CaseGroup[] = [
  { title: 'several changes in one call', cases: batchCases },
  { title: 'insert and get', cases: insertCases },
  { title: 'the index', cases: indexCases },
  { title: 'items of others', cases: foreignCases },
  { title: 'the scan', cases: scanCases },
]
