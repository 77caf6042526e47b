/** `doctor`. */
import type { Command } from '../command.ts'
import { type Cell, type Page, paragraph, table } from '../render.ts'
import { type Finding, localFindings, targetFindings } from './findings.ts'

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
