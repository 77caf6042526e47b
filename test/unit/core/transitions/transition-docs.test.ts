import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { documentPath, withDrawings } from '../../../support/tooling/transition-docs.ts'

it('docs/architecture.md shows the transitions as they are (node test/support/tooling/transition-docs.ts brings it up to date)', () => {
  const document = readFileSync(documentPath, 'utf8')
  expect(document).toBe(withDrawings(document))
})
