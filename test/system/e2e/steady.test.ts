import { expect, it } from 'vitest'
import { slowdownAfter } from '../soak/steady.ts'

it('is as fast after 3,000 jobs as at the start', { timeout: 300_000 }, async () => {
  // Without the index on the table's stream: more than 2.5. Beside other work a steady stack was seen at 0.8 to 1.4.
  expect(await slowdownAfter(3_000)).toBeLessThan(1.8)
})
