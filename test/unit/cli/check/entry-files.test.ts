import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entryFiles } from '../../../../lib/cli/check/entry-files.ts'
import { application } from '../../bundle/application.ts'

describe('the modules of an application', () => {
  it.each([
    [{ 'src/handlers.ts': '', 'src/jobs.ts': '', 'handlers.ts': '' }, 'src/handlers.ts', 'src/jobs.ts'],
    [{ 'src/handlers.mjs': '', 'src/jobs.mjs': '' }, 'src/handlers.mjs', 'src/jobs.mjs'],
    [{ 'handlers.ts': '' }, 'handlers.ts', 'jobs.ts'],
  ])('%j', (files, handlers, runner) => {
    const { folder } = application(files)
    expect(entryFiles(folder, {})).toEqual({ handlers: join(folder, handlers), runner: join(folder, runner) })
  })

  it('that are absent are refused with where they were looked for', () => {
    const { folder } = application({ 'src/handlers.js': '' })
    expect(() => entryFiles(folder, {})).toThrow(
      `--runner is '${join(folder, 'src/jobs.js')}'; allowed: the path of a module; there is no file ${folder}/src/jobs.js`,
    )
    expect(() => entryFiles(folder, { handlers: 'src' })).toThrow(/^--handlers is 'src'; allowed: the path of a module/)
    expect(() => entryFiles(join(folder, 'elsewhere'), {})).toThrow(
      /^--handlers is absent; allowed: the path of a module; none of src\/handlers\.ts, .* is in /,
    )
  })
})
