import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findModules } from '../../../lib/bundle/find-modules.ts'
import { application } from './application.ts'

describe('the modules of an application', () => {
  it.each([
    [{ 'src/handlers.ts': '', 'src/jobs.ts': '', 'handlers.ts': '' }, 'src/handlers.ts', 'src/jobs.ts'],
    [{ 'src/handlers.mjs': '', 'src/jobs.mjs': '' }, 'src/handlers.mjs', 'src/jobs.mjs'],
    [{ 'handlers.ts': '' }, 'handlers.ts', 'jobs.ts'],
  ])('%j', (files, handlers, runner) => {
    const { folder } = application(files)
    expect(findModules(folder, {})).toEqual({
      handlers: join(folder, handlers),
      runner: join(folder, runner),
      workers: {},
    })
  })

  it('that are absent are refused with where they were looked for', () => {
    const { folder } = application({ 'src/handlers.js': '' })
    expect(() => findModules(folder, {})).toThrow(
      `--runner is '${join(folder, 'src/jobs.js')}'; allowed: the path of a module; there is no file ${folder}/src/jobs.js`,
    )
    expect(() => findModules(folder, { handlers: 'src' })).toThrow(
      /^--handlers is 'src'; allowed: the path of a module/,
    )
    expect(() => findModules(join(folder, 'elsewhere'), {})).toThrow(
      /^--handlers is absent; allowed: the path of a module; none of src\/handlers\.ts, .* is in /,
    )
  })

  it('that package.json names come before the usual places, and after the options', () => {
    const entry = {
      handlers: 'app/work.ts',
      runner: 'app/contracts.ts',
      workers: { mails: { handlers: 'app/mails.ts' } },
    }
    const { folder } = application({
      'package.json': JSON.stringify({ lamplighter: entry }),
      'src/handlers.ts': '',
      'src/jobs.ts': '',
      'app/work.ts': '',
      'app/contracts.ts': '',
      'app/mails.ts': '',
    })
    const at = (path: string) => join(folder, path)
    expect(findModules(folder, {})).toEqual({
      handlers: at('app/work.ts'),
      runner: at('app/contracts.ts'),
      workers: { mails: at('app/mails.ts') },
    })
    expect(findModules(folder, { handlers: 'src/handlers.ts' })).toEqual({
      handlers: at('src/handlers.ts'),
      runner: at('src/jobs.ts'),
      workers: {},
    })
  })

  it.each([
    ['[]', 'package.json: lamplighter is []; allowed: an object with handlers, runner or workers'],
    ['{"handler":"x"}', 'package.json: lamplighter.handler is unknown; allowed: handlers, runner, workers'],
    ['{"handlers":7}', 'package.json: lamplighter.handlers is 7; allowed: the path of a module'],
    [
      '{"handlers":"gone.ts"}',
      "package.json: lamplighter.handlers is 'gone.ts'; allowed: the path of a module; there is no",
    ],
    ['{"workers":{"a":"b"}}', 'package.json: lamplighter.workers.a is \'b\'; allowed: { "handlers": "<path>" }'],
  ])('in package.json: %s is refused', (entry, message) => {
    const { folder } = application({ 'package.json': `{"lamplighter":${entry}}`, 'handlers.ts': '' })
    expect(() => findModules(folder, {})).toThrow(message)
  })
})
