/** Somebody else's application: it has the package, and nothing else of this repository. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../../lib/client/create-client.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { pack } from '../package/pack.ts'
import { type CdkApp, deploy, destroy, type Outputs } from './cdk.ts'
import { invoke } from './cloud.ts'
import { untilEnded } from './until.ts'

const run = promisify(execFile)
const typescript = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))

describe('an application of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-foreign-'))
  const app: CdkApp = { folder, command: 'node app.ts' }
  let outputs: Outputs | undefined

  beforeAll(async () => {
    cpSync(fileURLToPath(new URL('foreign', import.meta.url)), folder, { recursive: true })
    const packed = await pack()
    try {
      const options = ['--prefer-offline', '--no-audit', '--no-fund']
      await run('npm', ['install', ...options, packed.tarball], { cwd: folder })
    } finally {
      packed.remove()
    }
  })

  afterAll(async () => {
    if (outputs !== undefined) await destroy(app)
    rmSync(folder, { recursive: true, force: true })
  })

  it('type-checks against the declarations of the package, them included', async () => {
    const { stdout } = await run(process.execPath, [typescript, '--project', folder])
    expect(stdout).toBe('')
  })

  it('tests its jobs with the test kit', async () => {
    const { stdout } = await run(process.execPath, ['try.ts'], { cwd: folder })
    expect(stdout).toBe('COMPLETED {"sent":"12.50 to ada@example.org"}\n')
  })

  it('deploys; its own function enqueues a job, and the job runs', async () => {
    outputs = await deploy(app)
    const enqueued = await invoke(outputs['CheckoutName'] ?? '', { to: 'ada@example.org', cents: 1_250 })
    expect(enqueued).toMatchObject({ state: 'RESERVED', created: true })
    const { id } = enqueued as { id: string }
    // The item is read by whoever may read the table; its contract is not needed for that.
    const client = createClient({
      runner: defineRunner({ jobs: [] }),
      table: outputs['JobsTableName'] ?? '',
      records: outputs['JobsRecordTableName'] ?? '',
      queues: JSON.parse(outputs['JobsQueueUrls'] ?? '{}') as Record<string, string>,
    })
    expect(await untilEnded(client, id)).toMatchObject({
      state: 'COMPLETED',
      type: 'send-receipt',
      result: { sent: '12.50 to ada@example.org' },
    })
  })
})
