/**
 * The state diagram and the table of transitions, drawn from the code: every transition from every kind of item it is
 * meant for. `node test/support/tooling/transition-docs.ts` writes them into docs/architecture.md; a test compares.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import { completeJob, type Job, type JobState } from '../../../lib/core/job/job.ts'
import type { Clause } from '../../../lib/core/transitions/clause.ts'
import { inTransaction, newJob, placementFor } from '../../../lib/core/transitions/enqueue.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import { beyondWindow } from '../../../lib/core/transitions/window.ts'
import { minute, now } from '../../contract/conformance/sample.ts'
import { transitionCases } from '../../contract/conformance/transition-cases.ts'

export const documentPath = new URL('../../../docs/architecture.md', import.meta.url)

interface Move {
  readonly transition: Transition
  readonly from: JobState
  readonly to: JobState | 'gone'
}

const moves: readonly Move[] = transitionCases.map(({ item, transition: build }) => {
  const job = completeJob({ id: 'sample', ...item }, now) as Job
  const transition = build(job)
  return { transition, from: job.state, to: transition.deletes === true ? 'gone' : (transition.set.state ?? job.state) }
})

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]

/** Mermaid's state diagram: an arrow per pair of states and row of the table. */
function diagram(): string {
  const inserts = [0, minute, 60 * minute].map(waitMs => placementFor(now + waitMs, now, defaultPolicy).state)
  const arrows = new Map<string, Set<string>>()
  const draw = (from: string, to: string, label: string) => {
    const key = `${from} --> ${to}`
    arrows.set(key, (arrows.get(key) ?? new Set()).add(label))
  }
  for (const state of inserts) draw('[*]', state, 'enqueue')
  draw('[*]', inTransaction(sampleJob()).state, 'T4')
  draw('[*]', 'AVAILABLE', 'foreign writer')
  for (const { transition, from, to } of moves) {
    if (from !== to) draw(from, to === 'gone' ? '[*]' : to, transition.row)
  }
  const lines = [...arrows].map(([arrow, labels]) => `  ${arrow}: ${[...labels].join(', ')}`)
  return ['```mermaid', 'stateDiagram-v2', ...lines.toSorted(), '```'].join('\n')
}

function clauseText(clause: Clause): string {
  const name = `\`${clause.attribute}\``
  switch (clause.op) {
    case 'absent':
    case 'present':
      return `${name} ${clause.op}`
    case 'in':
      return clause.attribute === 'state' ? `${name} one of ${clause.values.join(', ')}` : `${name} one of …`
    case '=':
      return clause.attribute === 'state' ? `${name} = ${clause.value}` : `${name} = …`
    default:
      return `${name} ${clause.op} …`
  }
}

function tableRow(name: string, all: readonly Move[]): string {
  const transitions = all.map(({ transition }) => transition)
  const from = unique(all.map(move => move.from)).join(', ')
  const to = unique(all.map(move => (move.to === 'gone' ? '(removed)' : move.to))).join(', ')
  const guard = unique(transitions.flatMap(({ guard: clauses }) => clauses.map(clauseText))).join('; ')
  const written = unique(transitions.flatMap(({ set, add }) => [...Object.keys(set), ...Object.keys(add ?? {})]))
  const removed = unique(transitions.flatMap(({ remove }) => remove))
  const cells = [transitions[0]?.row, `\`${name}\``, from, to, guard, written.join(' '), removed.join(' ') || '–']
  return `| ${cells.join(' | ')} |`
}

const sampleJob = (): Job =>
  newJob({ id: 'x', type: 't', queue: 'q', input: '{}', dueAt: now, maxAttempts: 5 }, now, 'r', defaultPolicy, 16)

function table(): string {
  const groups = Map.groupBy(moves, ({ transition }) => transition.name.replace(/MovingAt$/, ''))
  const job = sampleJob()
  const within = `| T4 | insert in a transaction of the caller’s | – | AVAILABLE, SCHEDULED | \`id\` absent | ${Object.keys(inTransaction(job)).join(' ')} | – |`
  const insert = `| T1–T3 | insert | – | RESERVED, SCHEDULED | \`id\` absent | ${Object.keys(job).join(' ')} | – |`
  const number = (row: string) => Number(/T(\d+)/.exec(row)?.[1])
  const follower =
    '| T31 | insert in the transaction of an end `…ThenOnFailed` | – | AVAILABLE | `id` absent | as T4, and failureOf | – |'
  const beyond = `| T45 | insert beyond the window of its queue | – | AVAILABLE | \`id\` absent | ${Object.keys(beyondWindow(job, now)).join(' ')} | – |`
  const drawn = [...groups].map(([name, all]) => tableRow(name, all))
  const rows = [...drawn, follower, beyond].toSorted((a, b) => number(a) - number(b))
  const head =
    '| row | transition | from | to | guard | writes | removes |\n| --- | --- | --- | --- | --- | --- | --- |'
  return [head, insert, within, ...rows].join('\n')
}

/** The document with both drawings brought up to date. */
export function withDrawings(document: string): string {
  const drawings = { diagram: diagram(), transitions: table() }
  return Object.entries(drawings).reduce((text, [name, drawing]) => {
    const marks = new RegExp(`(<!-- ${name}: drawn from the code -->\\n)[\\s\\S]*?(<!-- end of ${name} -->)`)
    if (!marks.test(text)) throw new Error(`docs/architecture.md has no place for the ${name}`)
    return text.replace(marks, (_, start: string, end: string) => `${start}\n${drawing}\n\n${end}`)
  }, document)
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(documentPath, withDrawings(readFileSync(documentPath, 'utf8')))
}
