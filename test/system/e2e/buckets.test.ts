/** Large inputs through a real local stack: client, bucket in a folder, worker process. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createClient } from '../../../lib/client/create-client.ts'
import { quick, runner } from '../../support/fixtures/lamps/jobs.ts'
import { newFolder, removeFolder, TestStack } from '../../support/local-stack.ts'

it('runs a job whose input lies in the local bucket', { timeout: 60_000 }, async () => {
  const folder = newFolder()
  const lamps = await TestStack.start({ dataDir: folder })
  try {
    Object.assign(process.env, lamps.stack.env)
    const client = createClient({ runner })
    const { id } = await client.enqueue(quick, { number: 1, pad: 'x'.repeat(400_000) } as never)
    const ended = await lamps.change(job => job.id === id && job.finishedAt !== undefined)
    expect(ended).toMatchObject({ state: 'COMPLETED', ref: expect.stringMatching(/^s3:input\/0128\//) })
    expect(readdirSync(join(folder, 'payloads'))).toHaveLength(1)
    expect(await client.get(id)).toMatchObject({ input: { pad: expect.stringMatching(/^x{400000}$/) } })
    expect(await lamps.get(id)).toMatchObject({ input: { pad: expect.stringMatching(/^x{400000}$/) } })

    const other = await lamps.enqueue('quick', { number: 2, pad: 'y'.repeat(420_000) })
    const second = await lamps.change(job => job.id === other && job.finishedAt !== undefined)
    expect(second).toMatchObject({ state: 'COMPLETED', ref: expect.stringMatching(/^s3:input\//), result: '4' })
    expect(readdirSync(join(folder, 'payloads'))).toHaveLength(2)
  } finally {
    lamps.stack.kill()
    await lamps.stack.stop()
    removeFolder(folder)
  }
})
