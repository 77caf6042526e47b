import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { workerEntry } from '../../../lib/bundle/entries.ts'
import { type OwnHalf, ownHalf } from '../../../lib/bundle/own-half.ts'
import { type Rebuilder, rebuilder } from '../../../lib/bundle/rebuild.ts'
import { application, handlersWith } from './application.ts'

const scratch = mkdtempSync(join(tmpdir(), 'lamplighter-own-'))
const builders: Rebuilder[] = []
afterAll(async () => {
  await Promise.all(builders.map(builder => builder.dispose()))
  rmSync(scratch, { recursive: true, force: true })
})

let count = 0
const newFolder = (): string => {
  const folder = join(scratch, String((count += 1)))
  mkdirSync(folder)
  return folder
}

/** @param source of the entry */
async function bundled(own: OwnHalf, folder: string, source: string) {
  const options = { minify: false, target: 'node24', plugins: [own.plugin] }
  const builder = await rebuilder({ name: 'worker', source, options, folder })
  builders.push(builder)
  const result = await builder.build()
  if (result.kind === 'failed') throw new Error(result.text)
  return { ...result, code: readFileSync(result.path, 'utf8') }
}

const lib = (name: string): string => fileURLToPath(new URL(`../../../lib/${name}.ts`, import.meta.url))
const line = (...words: readonly string[]): string => words.join(' ')

describe('the own half of the local bundles', () => {
  it('stays out of the application’s bundle, which runs with it', { timeout: 60_000 }, async () => {
    const { file } = application({ 'handlers.ts': handlersWith('', '"lit"') })
    const folder = newFolder()
    const own = ownHalf(folder, 'node24')
    const source = workerEntry({ runner: file('jobs.ts'), handlers: file('handlers.ts') }, { slackMs: 0 })
    const { path, code, inputs } = await bundled(own, folder, source)
    // With Lamplighter and the SDK in it, it is a megabyte.
    expect(code.length).toBeLessThan(20_000)
    expect(inputs.filter(input => input.includes('/lib/'))).toEqual([])
    expect(await own.build()).toEqual({ kind: 'built' })
    // Sandboxes of the repository start without a compiler of TypeScript.
    expect(readFileSync(own.host() ?? '', 'utf8')).not.toMatch(/\binterface\b/)
    process.env['LAMPLIGHTER_TABLE'] ??= 'jobs'
    process.env['LAMPLIGHTER_RECORDS'] ??= 'records'
    process.env['LAMPLIGHTER_QUEUES'] ??= '{"default":"http://127.0.0.1/0/default"}'
    process.env['AWS_REGION'] ??= 'us-east-1'
    const loaded = (await import(pathToFileURL(path).href)) as { handlers: { run(): unknown }[]; handler: unknown }
    expect(loaded.handlers).toHaveLength(1)
    expect(typeof loaded.handler).toBe('function')
  })

  it('is one copy: a class of Lamplighter is the same in two bundles', { timeout: 60_000 }, async () => {
    const folder = newFolder()
    const own = ownHalf(folder, 'node24')
    const named = line('export', '{ InvalidInput }', 'from', JSON.stringify(lib('index')))
    const deep = line('export', '{ InvalidInput }', 'from', JSON.stringify(lib('core/values/errors')))
    const [first, second] = [await bundled(own, folder, named), await bundled(own, folder, deep)]
    expect(await own.build()).toEqual({ kind: 'built' })
    const [one, other] = await Promise.all(
      [first, second].map(({ path }) => import(pathToFileURL(path).href) as Promise<{ InvalidInput: unknown }>),
    )
    expect(one?.InvalidInput).toBeDefined()
    expect(one?.InvalidInput).toBe(other?.InvalidInput)
  })

  it('leaves other modules to the bundle, also those whose name only begins alike', async () => {
    const folder = newFolder()
    const own = ownHalf(folder, 'node24')
    const other = join(folder, 'lamplighter-notes.ts')
    writeFileSync(other, 'export const note = "mine"')
    const { code } = await bundled(own, folder, line('export', '*', 'from', JSON.stringify(other)))
    expect(code).toContain('"mine"')
  })

  it('is built once, and again into other files after a renewal', { timeout: 60_000 }, async () => {
    const folder = newFolder()
    const own = ownHalf(folder, 'node24')
    const source = line('export', '{ defineJob }', 'from', JSON.stringify(lib('index')))
    const before = await bundled(own, folder, source)
    await own.build()
    const at = performance.now()
    await own.build()
    expect(performance.now() - at).toBeLessThan(50)
    expect(own.inputs()).toContain(lib('define/define-job'))
    own.renew()
    const after = await bundled(own, folder, source)
    expect(after.hash).not.toBe(before.hash)
    expect(await own.build()).toEqual({ kind: 'built' })
    expect(await import(pathToFileURL(after.path).href)).toHaveProperty('defineJob')
  })
})
