import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { devOptions, type TypedOptions } from '../../../lib/dev/dev-options.ts'
import { newFolder, removeFolder } from '../../support/local-stack.ts'

const folder = newFolder()
afterAll(() => removeFolder(folder))
const typed: TypedOptions = { fresh: false, isRaw: false }

describe('the options of dev', () => {
  it('have defaults', () => {
    expect(devOptions(folder, { HOME: '/home' }, typed)).toEqual({
      folder,
      handlers: undefined,
      runner: undefined,
      fresh: false,
      isRaw: false,
      port: 8_787,
      tickMs: 60_000,
      dataDir: '.lamplighter',
      aws: 'local',
      environment: { HOME: '/home' },
    })
  })

  it('take variables from .env, then from the file that is named, then from the shell', () => {
    writeFileSync(join(folder, '.env'), 'ONE=dotenv\nTWO=dotenv\nTHREE=dotenv\n')
    writeFileSync(join(folder, 'more.env'), 'TWO=named\nTHREE=named\n')
    const { environment } = devOptions(folder, { THREE: 'shell', NONE: undefined }, { ...typed, envFile: 'more.env' })
    expect(environment).toEqual({ ONE: 'dotenv', TWO: 'named', THREE: 'shell' })
  })

  it('name the debugger’s port, or take Node’s own', () => {
    expect(devOptions(folder, {}, { ...typed, inspect: true }).inspectPort).toBe(9_229)
    expect(devOptions(folder, {}, { ...typed, inspect: '4000' }).inspectPort).toBe(4_000)
  })

  it.each<readonly [Partial<TypedOptions>, string]>([
    [{ port: '65536' }, "--port is '65536'; allowed: 0 to 65535"],
    [{ port: 'abc' }, "--port is 'abc'; allowed: 0 to 65535"],
    [{ inspect: '80' }, "--inspect is '80'; allowed: 1024 to 65535"],
    [{ tick: '10ms' }, "--tick is '10ms'; allowed: 1s to 1h"],
    [{ aws: 'prod' }, "--aws is 'prod'; allowed: local or real"],
    [{ data: '' }, "--data is ''; allowed: the path of a folder"],
    [{ envFile: 'none.env' }, "--env-file is 'none.env'; allowed: a file that can be read; there is none at"],
  ])('%j is refused', (given, message) => {
    expect(() => devOptions(folder, {}, { ...typed, ...given })).toThrow(message)
  })
})
