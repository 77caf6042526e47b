/**
 * The table of all lanes of the index `timeline`, drawn from the code. `node test/support/tooling/lane-docs.ts` writes it
 * into docs/architecture.md; a test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { laneOf, type Phase } from '../../../lib/core/job/lane.ts'
import { gateLane, scheduleLane } from '../../../lib/core/records/keys.ts'

export const documentPath = new URL('../../../docs/architecture.md', import.meta.url)

/** A phase without an entry does not compile. */
const phases: { readonly [P in Phase]: string } = {
  live: 'every job that has not ended; `lookAt` is when the sweeper looks',
  failed: 'FAILED jobs; `lookAt` is when they ended',
  cancelled: 'CANCELLED jobs, as above',
  completed: 'COMPLETED jobs of contracts with `listCompleted`, as above',
}

function table(): string {
  const rows = [
    ...(Object.entries(phases) as [Phase, string][]).map(
      ([phase, holds]) => ['jobs', laneOf('mails', phase, 7), holds] as const,
    ),
    ['records', scheduleLane(3), 'schedules; `lookAt` is the next look'],
    ['records', gateLane('mails', 7), 'gates that somebody waits at'],
  ]
  const lines = rows.map(([where, lane, holds]) => `| ${where} | \`${lane}\` | ${holds} |`)
  return ['| table | lane | holds |', '| --- | --- | --- |', ...lines].join('\n')
}

/** The document with the table brought up to date. */
export function withLanes(document: string): string {
  const marks = /(<!-- lanes: drawn from the code -->\n)[\s\S]*?(<!-- end of lanes -->)/
  if (!marks.test(document)) throw new Error('docs/architecture.md has no place for the lanes')
  return document.replace(marks, (_, start: string, end: string) => `${start}\n${table()}\n\n${end}`)
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(documentPath, withLanes(readFileSync(documentPath, 'utf8')))
}
