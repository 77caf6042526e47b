import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { handlers } from '../../../functions/handlers.ts'
import { deliverWebhook, runner, summariseCsv } from '../../../functions/jobs.ts'
import type { JobContract } from '../../../lib/core/definition/contract.ts'

const isAccepted = async (contract: JobContract, input: unknown): Promise<boolean> =>
  (await contract.input['~standard'].validate(input)).issues === undefined

describe('the runner of this application', () => {
  it('has a handler for each of its jobs, and no other', () => {
    expect(new Set(handlers.map(handler => handler.contract.type))).toEqual(new Set(Object.keys(runner.jobs)))
    expect(handlers).toHaveLength(Object.keys(runner.jobs).length)
    for (const { contract } of handlers) expect(runner.jobs[contract.type]).toBe(contract)
  })

  it('brings no handler code and none of its libraries to those who import contracts', async () => {
    const bundle = async (file: string): Promise<string[]> => {
      const entry = fileURLToPath(new URL(`../../../functions/${file}`, import.meta.url))
      const result = await build({
        entryPoints: [entry],
        bundle: true,
        platform: 'node',
        write: false,
        metafile: true,
        logLevel: 'silent',
      })
      return Object.keys(result.metafile.inputs).filter(path =>
        /handlers|functions\/jobs\/|csv-parse|ipaddr/.test(path),
      )
    }
    expect(await bundle('jobs.ts')).toEqual([])
    expect((await bundle('handlers.ts')).length).toBeGreaterThan(5)
  })
})

describe('the input of deliver-webhook', () => {
  it.each([
    { url: 'https://hooks.example/in?x=1', body: { a: [1, null] } },
    { url: 'http://hooks.example:8080', body: null },
    { url: 'http://127.0.0.1:1234/', body: 'text' },
  ])('may be %j', async input => {
    expect(await isAccepted(deliverWebhook, input)).toBe(true)
  })

  it.each([
    {},
    { url: 'https://hooks.example' },
    { url: 'https://hooks.example', body: 1, secret: 'whsec_x' },
    { url: 'hooks.example', body: 1 },
    { url: 'ftp://hooks.example', body: 1 },
    { url: 'file:///etc/passwd', body: 1 },
    { url: 'https://user@hooks.example', body: 1 },
    { url: 'https://:password@hooks.example', body: 1 },
    { url: `https://hooks.example/${'x'.repeat(2_048)}`, body: 1 },
    { url: 'https://', body: 1 },
    { url: 7, body: 1 },
    null,
  ])('may not be %j', async input => {
    expect(await isAccepted(deliverWebhook, input)).toBe(false)
  })

  it('may not lack a body by holding undefined, which JSON cannot say', async () => {
    expect(await isAccepted(deliverWebhook, { url: 'https://hooks.example', body: undefined })).toBe(false)
  })
})

describe('the input of summarise-csv', () => {
  it.each([{ csv: 'a\n1' }, { csv: ' ' }])('may be %j', async input => {
    expect(await isAccepted(summariseCsv, input)).toBe(true)
  })

  it.each([{}, { csv: '' }, { csv: 1 }, { csv: 'a', delimiter: ';' }, 'a,b'])('may not be %j', async input => {
    expect(await isAccepted(summariseCsv, input)).toBe(false)
  })

  it('may take 350 KB as JSON text and no more', async () => {
    const fits = 350 * 1024 - 2
    expect(await isAccepted(summariseCsv, { csv: 'x'.repeat(fits) })).toBe(true)
    expect(await isAccepted(summariseCsv, { csv: 'x'.repeat(fits + 1) })).toBe(false)
    expect(await isAccepted(summariseCsv, { csv: '\n'.repeat(fits / 2 + 1) })).toBe(false)
  })
})
