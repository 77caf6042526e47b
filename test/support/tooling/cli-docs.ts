/**
 * The reference of the command line, drawn from its commands. `node test/support/tooling/cli-docs.ts` writes it into
 * docs/cli.md; a test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { ArgumentSpec, Command } from '../../../lib/cli/command.ts'
import { program } from '../../../lib/cli/commands.ts'
import { exitCodes } from '../../../lib/cli/exit-codes.ts'

const pagePath = new URL('../../../docs/cli.md', import.meta.url)

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
const argumentText = ({ name, isOptional }: ArgumentSpec): string => (isOptional === true ? `[${name}]` : `<${name}>`)

function section({ name, details, arguments: given = [], options, examples }: Command): string {
  const rows = [
    ...given.map(one => `| ${code(argumentText(one))} | ${cell(one.description)} |`),
    ...options.map(({ flags, description }) => `| ${code(flags)} | ${cell(description)} |`),
  ]
  return [
    `### ${name}`,
    '',
    details,
    '',
    ...(rows.length === 0 ? [] : ['| | |', '| --- | --- |', ...rows, '']),
    '```',
    ...examples,
    '```',
    '',
  ].join('\n')
}

const parts: Readonly<Record<string, () => string>> = {
  commands: () => program.commands.map(section).join('\n'),
  'exit codes': () =>
    [
      '| code | meaning |',
      '| --- | --- |',
      ...Object.values(exitCodes).map(one => `| ${one.code} | ${one.meaning} |`),
    ].join('\n'),
}

/** The page with what is drawn brought up to date. @throws Error for a page without a place for it */
export function withCommands(page: string): string {
  return Object.entries(parts).reduce((text, [name, draw]) => {
    const marks = new RegExp(`(<!-- ${name}: drawn from the code -->\\n)[\\s\\S]*?(<!-- end of ${name} -->)`)
    if (!marks.test(text)) throw new Error(`docs/cli.md has no place for the ${name}`)
    return text.replace(marks, (_, start: string, end: string) => `${start}\n${draw()}\n\n${end}`)
  }, page)
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(pagePath, withCommands(readFileSync(pagePath, 'utf8')))
}
