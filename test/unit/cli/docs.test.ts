import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { program } from '../../../lib/cli/commands.ts'
import { withCommands } from '../../support/tooling/cli-docs.ts'

const page = readFileSync('docs/cli.md', 'utf8')

describe('docs/cli.md', () => {
  it('is what `node test/support/tooling/cli-docs.ts` writes', () => {
    expect(page).toBe(withCommands(page))
  })

  it('has every command and each of its options', () => {
    for (const { name, options } of program.commands) {
      const [, section = ''] = page.split(`\n### ${name}\n`)
      for (const { flags } of options) expect(section).toContain(flags.split(' ')[0])
    }
  })

  it('a page without a place for the commands is refused', () => {
    expect(() => withCommands('# nothing')).toThrow('docs/cli.md has no place for the commands')
  })
})
