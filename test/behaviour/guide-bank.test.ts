/** The bank of docs/guides/transactions.md is compiled, and does what the guide says. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { handlers, receipt, transfer } from '../support/fixtures/bank/handlers.ts'
import { startAt } from '../support/jobs.ts'

const runner = defineRunner({ jobs: [receipt, transfer] })
const order = { from: 'ada', to: 'bob', amount: 5 }

it('the guide shows this very code', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, ...lines] = read('../support/fixtures/bank/handlers.ts').split('\n')
  const shown = lines.join('\n').replace("'../../../../lib/index.ts'", "'lamplighter'")
  expect(read('../../docs/guides/transactions.md')).toContain(shown.trimEnd())
})

it('moves the money and sends a receipt', async () => {
  const kit = createTestRunner({ runner, handlers, startAt })
  const { id } = await kit.enqueue(transfer, order)
  await kit.drain()
  expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', result: { amount: 5 } })
  expect(kit.committed.map(({ Update }) => Update?.Key)).toEqual([{ id: 'ada' }, { id: 'bob' }])
  expect(kit.events.filter(({ name }) => name === 'job_completed')).toHaveLength(2)
})

it('gives up where there is not enough money', async () => {
  const kit = createTestRunner({
    runner,
    handlers,
    startAt,
    refusesWrite: ({ Update }) => Update?.Key?.['id'] === 'ada',
  })
  const { id } = await kit.enqueue(transfer, order)
  await kit.drain()
  expect(await kit.get(id)).toMatchObject({ state: 'FAILED', attempt: 1, error: { message: /not enough money/ } })
  expect(kit.committed).toEqual([])
})
