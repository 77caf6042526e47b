import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { documentPath, withLanes } from '../../../support/tooling/lane-docs.ts'

it('docs/architecture.md shows the lanes as they are (node test/support/tooling/lane-docs.ts brings it up to date)', () => {
  const document = readFileSync(documentPath, 'utf8')
  expect(withLanes(document)).toBe(document)
})
