import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rememberIds, resolvedId, shortIds } from '../../../lib/cli/shown-ids.ts'
import type { Terminal } from '../../../lib/cli/terminal.ts'
import { cliKit, idle } from './api-kit.ts'

const first = '0198c0de-7b5e-7c3a-9d41-5a0e1b3f2a91'
const second = '0198c0de-7b5e-7c3a-9d41-5a0e1c3f2a91'

/** What the commands hand on: a cache folder, and a target. */
function callOn(cache: string | undefined, url = 'http://127.0.0.1:1') {
  return {
    terminal: { environment: cache === undefined ? {} : { XDG_CACHE_HOME: cache } } as unknown as Terminal,
    api: { endpoint: async () => ({ url, send: fetch }), request: () => Promise.reject(new Error('nobody')) },
  }
}

describe('the end of an id', () => {
  it('stands for a job that was shown, with or without the mark', async () => {
    const { cache } = cliKit()
    const call = callOn(cache)
    await rememberIds(call, [first])
    for (const text of ['3f2a91', '…3f2a91', '...3f2a91', '1b3f2a91', first]) {
      expect(await resolvedId(call, text)).toBe(first)
    }
  })

  it('that several have lists them, and nothing is done', async () => {
    const { cache } = cliKit()
    const call = callOn(cache)
    await rememberIds(call, [first, second])
    await expect(resolvedId(call, '3f2a91')).rejects.toMatchObject({
      code: 'ambiguous_id',
      matches: [first, second],
      message: `2 jobs end in 3f2a91: ${first}, ${second}; give more of the id`,
    })
    expect(await resolvedId(call, '1c3f2a91')).toBe(second)
  })

  it('means jobs of its own target only; what nobody has shown is taken as it is, unless it is marked', async () => {
    const { cache } = cliKit()
    await rememberIds(callOn(cache), [first])
    const other = callOn(cache, 'http://127.0.0.1:2')
    expect(await resolvedId(other, '3f2a91')).toBe('3f2a91')
    await expect(resolvedId(other, '…3f2a91')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('of an id that another writer chose must be marked: it may be an id itself', async () => {
    const { cache } = cliKit()
    const call = callOn(cache)
    await rememberIds(call, ['order-12ab'])
    expect(await resolvedId(call, '12ab')).toBe('12ab')
    expect(await resolvedId(call, '…12ab')).toBe('order-12ab')
  })

  it('is of no use without a folder, or with a spoilt file: whole ids are', async () => {
    const { cache } = cliKit()
    await rememberIds(callOn(undefined), [first])
    expect(await resolvedId(callOn(undefined), first)).toBe(first)
    const call = callOn(cache)
    await rememberIds(call, [first])
    const folder = join(cache, 'lamplighter')
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"not":')
    expect(await resolvedId(call, '3f2a91')).toBe('3f2a91')
    mkdirSync(join(cache, 'file'), { recursive: true })
    writeFileSync(join(cache, 'file', 'lamplighter'), '')
    await expect(rememberIds(callOn(join(cache, 'file')), [first])).resolves.toBeUndefined()
  })
})

it('ends are as long as it takes to tell ids apart', () => {
  expect([...shortIds([first, 'short'])]).toEqual([
    [first, '…3f2a91'],
    ['short', 'short'],
  ])
  expect([...shortIds([first, second]).values()]).toEqual(['…b3f2a91', '…c3f2a91'])
})

it('a list, then an act on one of its rows', async () => {
  const { test, cli } = cliKit()
  const { id } = await test.enqueue(idle, {}, { delay: '2h' })
  const shown = /…\w{6}/.exec((await cli('jobs list')).stdout)?.[0] ?? ''
  expect(await cli(`jobs cancel ${shown}`)).toMatchObject({ exit: 0, stdout: `  ${id} is CANCELLED.\n` })
})
