/** `types`: what the deployed code knows. */
import type { TypeView } from '../../client/lookup.ts'
import { formatMs } from '../../core/values/duration.ts'
import { pathOf } from '../api.ts'
import type { Command } from '../command.ts'
import { type Cell, type Page, paragraph, table } from '../render.ts'
import { facts } from '../words.ts'

export const types: Command = {
  name: 'types',
  summary: 'list the job types of the deployed code, or show one',
  details:
    'Lists the job types of the deployed code. With the name of a type: its policy, and the schema of its input.',
  arguments: [{ name: 'type', description: 'name of a job type', isOptional: true }],
  options: [],
  examples: ['lamplighter types', 'lamplighter types send-mail'],
  async run({ api, named: { type } }) {
    if (type === undefined) {
      const { body } = await api.request<{ readonly types: readonly TypeView[] }>('GET', '/v1/types')
      return { exit: 'done', json: body, text: page => typesText(page, body.types) }
    }
    const { body } = await api.request<TypeView>('GET', pathOf`/v1/types/${type}`)
    return { exit: 'done', json: body, text: page => typeText(page, body) }
  },
}

function typesText(page: Page, list: readonly TypeView[]): string {
  const rows = list.map(({ type, queue, policy, inputSchema }): readonly Cell[] => [
    type,
    queue,
    String(policy.maxAttempts),
    formatMs(policy.timeoutMs),
    inputSchema === null ? 'not said' : 'JSON Schema',
  ])
  return table(page, ['TYPE', 'QUEUE', 'ATTEMPTS', 'TIMEOUT', 'INPUT'], rows)
}

function typeText(page: Page, { type, queue, policy, inputSchema }: TypeView): string {
  const shown = facts(page, type, [
    ['queue', queue],
    ['attempts', String(policy.maxAttempts)],
    ['timeout', formatMs(policy.timeoutMs)],
    ['backoff', JSON.stringify(policy.backoff)],
    ['kept', `completed ${formatMs(policy.keepCompletedMs)}, failed ${formatMs(policy.keepFailedMs)}`],
    ['listed', policy.listCompleted ? 'also when completed' : 'until it is completed'],
    ['tags', policy.tagIndex === true ? 'jobs are found by them' : undefined],
  ])
  const schema = inputSchema === null ? 'Its schema gives no JSON Schema.' : JSON.stringify(inputSchema, null, 2)
  return `${shown}\n\n${paragraph(page, schema)}`
}
