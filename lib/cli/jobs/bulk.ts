/** `bulk list`, `bulk show`, `bulk cancel`. */

import type { BulkView } from '../../client/bulk.ts'
import { pathOf } from '../api.ts'
import { bulkText } from '../bulk-act.ts'
import type { ArgumentSpec, Command } from '../command.ts'
import { type Cell, type Page, paragraph, table, toned, unbroken } from '../render.ts'
import { rememberIds, resolvedId, shortIds } from '../shown-ids.ts'
import { whenText } from '../words.ts'

interface BulkPage {
  readonly bulks: readonly BulkView[]
  readonly next?: string
}

const bulkArgument: readonly ArgumentSpec[] = [
  { name: 'id', description: 'id of the bulk act, or the end of one that was shown' },
]

export const bulkList: Command = {
  name: 'bulk list',
  summary: 'list acts on many jobs, and backfills',
  details: 'Lists acts on many jobs and backfills of the last 90 days, the newest first.',
  options: [
    { flags: '--limit <number>', description: 'how many, 1 to 100 (default: 20)' },
    { flags: '--cursor <text>', description: 'where the page before ended' },
  ],
  examples: ['lamplighter bulk list'],
  async run(call) {
    const { limit, cursor } = call.given
    const { body } = await call.api.request<BulkPage>('GET', '/v1/bulk', { query: { limit, cursor } })
    await rememberIds(
      call,
      body.bulks.map(({ id }) => id),
    )
    return { exit: 'done', json: body, text: page => bulksText(page, body, call.terminal.now()) }
  },
}

function bulksText(page: Page, { bulks, next }: BulkPage, now: number): string {
  if (bulks.length === 0) return paragraph(page, 'There are none.')
  const ids = shortIds(bulks.map(({ id }) => id))
  const rows = bulks.map(({ id, action, request, state, counts, madeAt }): readonly Cell[] => [
    ids.get(id) ?? id,
    isDry(request) ? `count for ${action}` : action,
    state ?? '–',
    String(counts.matched),
    String(counts.done),
    String(Object.values(counts.refused).reduce((sum, one) => sum + one, 0)),
    unbroken(whenText(madeAt, now)),
  ])
  const shown = table(page, ['ID', 'ACT', 'STATE', 'MATCHED', 'DONE', 'REFUSED', 'STARTED'], rows)
  return next === undefined ? shown : `${shown}\n${toned(page, 'dim', paragraph(page, `More: --cursor ${next}`))}`
}

const isDry = (request: unknown): boolean =>
  typeof request === 'object' && request !== null && 'dryRun' in request && request.dryRun === true

export const bulkShow: Command = {
  name: 'bulk show',
  summary: 'show how far an act on many jobs is',
  details: 'Shows how far an act on many jobs is: what was done, what had moved already, what was refused and why.',
  arguments: bulkArgument,
  options: [],
  examples: ['lamplighter bulk show 3f2a91'],
  async run(call) {
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<BulkView>('GET', pathOf`/v1/bulk/${id}`)
    return { exit: 'done', json: body, text: page => bulkText(page, body) }
  },
}

export const bulkCancel: Command = {
  name: 'bulk cancel',
  summary: 'stop an act on many jobs',
  details: 'Stops an act on many jobs within 5 s. What is done stays done, and is counted.',
  arguments: bulkArgument,
  options: [],
  examples: ['lamplighter bulk cancel 3f2a91'],
  async run(call) {
    const id = await resolvedId(call, call.named['id'] ?? '')
    const { body } = await call.api.request<BulkView>('POST', pathOf`/v1/bulk/${id}/cancel`)
    return { exit: 'done', json: body, text: page => bulkText(page, body) }
  },
}
