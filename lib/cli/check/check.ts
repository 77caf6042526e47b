import { findModules } from '../../bundle/find-modules.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import type { Command } from '../command.ts'
import { type Cell, type Page, paragraph, table } from '../render.ts'
import { type Finding, localFindings, targetFindings } from './findings.ts'
import { checkApplication } from './report.ts'
import { reportText } from './report-text.ts'

export const check: Command = {
  name: 'check',
  summary: 'check what would be deployed, without AWS and without the CDK',
  details:
    'Bundles the functions and loads the worker as synth does: as Lambda would, without credentials. ' +
    'Exit code 1 if it would not deploy.',
  options: [
    {
      flags: '--handlers <file>',
      description: 'module that exports `handlers` (default: that of package.json, src/handlers.ts, handlers.ts)',
    },
    { flags: '--runner <file>', description: 'module that exports `runner` (default: jobs beside the handlers)' },
    { flags: '--external <packages>', description: 'packages that a layer brings, separated by commas: sharp,canvas' },
  ],
  examples: ['lamplighter check', 'lamplighter check --handlers app/handlers.ts --runner app/jobs.ts --json'],
  async run({ given, terminal: { folder } }) {
    const { handlers, runner, external } = given
    const packages = external === undefined ? [] : packagesIn('--external', external)
    const found = findModules(folder, { handlers, runner })
    const report = await checkApplication({ handlers: found.handlers, runner: found.runner }, { external: packages })
    const ok = report.problems.length === 0
    return {
      exit: ok ? 'done' : 'notPossible',
      json: { ok, ...report },
      text: page => reportText(page, report, folder),
    }
  },
}

/** @throws InvalidInput for an empty name */
function packagesIn(option: string, text: string): string[] {
  const names = text.split(',').map(name => name.trim())
  if (names.includes('')) throw new InvalidInput(option, text, 'names of packages, separated by commas')
  return names
}

export const doctor: Command = {
  name: 'doctor',
  summary: 'find out what is wrong: this machine, this project, the target',
  details:
    'Looks at this machine, this project and the target: versions, packages, credentials, the last tick, the recorder, ' +
    'time zones, clocks. Exit code 1 if something does not work; warnings alone give 0.',
  options: [],
  examples: ['lamplighter doctor', 'lamplighter doctor --stack prod --json'],
  async run(call) {
    const findings = [...localFindings(call.terminal.folder), ...(await targetFindings(call))]
    const ok = !findings.some(({ level }) => level === 'fail')
    return { exit: ok ? 'done' : 'notPossible', json: { ok, findings }, text: page => findingsText(page, findings) }
  },
}

const marks: Readonly<Record<Finding['level'], Cell>> = {
  ok: { text: 'ok', tone: 'green' },
  warning: { text: 'warning', tone: 'yellow' },
  fail: { text: 'FAIL', tone: 'red' },
}

function findingsText(page: Page, findings: readonly Finding[]): string {
  const rows = findings.map(({ level, what, text, todo }): readonly Cell[] => [
    marks[level],
    what,
    todo === undefined ? text : `${text}. To do: ${todo.replace(/\.$/, '')}.`,
  ])
  const count = (level: Finding['level']): number => findings.filter(one => one.level === level).length
  const [failed, warned] = [count('fail'), count('warning')]
  const line =
    failed > 0 ? 'Something does not work.' : warned > 0 ? 'All works; look at the warnings.' : 'All is well.'
  return `${table(page, [], rows)}\n\n${paragraph(page, line)}`
}
