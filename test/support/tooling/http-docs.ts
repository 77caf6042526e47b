/**
 * The reference of the HTTP API, drawn from its document. `node test/support/tooling/http-docs.ts` writes it into
 * docs/http.md; a test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { type OpenApi, type Operation, openApiOf, type Parameter, responseFor } from './openapi.ts'

const pagePath = new URL('../../../docs/http.md', import.meta.url)

interface Shape {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
}

function kindOf({ $ref, type, enum: texts, anyOf, items, minimum, maximum }: Shape): string {
  if ($ref !== undefined) return $ref.split('/').at(-1) ?? ''
  if (texts !== undefined) return texts.map(text => `\`${text}\``).join(', ')
  if (anyOf !== undefined) return anyOf.map(kindOf).join(' or ')
  if (items !== undefined) return `list of ${kindOf(items)}`
  if (minimum !== undefined && maximum !== undefined) return `${type} from ${minimum} to ${maximum}`
  return type ?? 'any JSON'
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

function given({ parameters = [], requestBody }: Operation): readonly string[] {
  const body = requestBody?.content['application/json']?.schema as Shape | undefined
  const rows = [
    ...parameters.map((one: Parameter) =>
      row(`\`${one.name}\``, one.in, kindOf(one.schema), one.required ? 'yes' : '', one.description ?? ''),
    ),
    ...Object.entries(body?.properties ?? {}).map(([name, shape]) =>
      row(`\`${name}\``, 'body', kindOf(shape), body?.required?.includes(name) ? 'yes' : '', shape.description ?? ''),
    ),
  ]
  return rows.length === 0 ? [] : ['| name | in | kind | needed | |', '| --- | --- | --- | --- | --- |', ...rows, '']
}

function answers(document: OpenApi, operation: Operation): readonly string[] {
  const rows = Object.keys(operation.responses).map(status =>
    row(status, responseFor(document, operation, Number(status))?.description ?? ''),
  )
  return ['| status | answer |', '| --- | --- |', ...rows, '']
}

function section(document: OpenApi, heading: string, operation: Operation): string {
  return [
    `### ${heading}`,
    '',
    `${operation.summary}. Scope \`${operation['x-scope']}\`.${operation.description === undefined ? '' : ` ${operation.description}`}`,
    '',
    ...given(operation),
    ...answers(document, operation),
  ].join('\n')
}

/** The page with the reference brought up to date. @throws Error for a page without a place for it */
export function withReference(page: string, document = openApiOf()): string {
  const sections = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => section(document, `${method.toUpperCase()} ${path}`, one)),
  )
  const marks = /(<!-- routes: drawn from the code -->\n)[\s\S]*?(<!-- end of routes -->)/
  if (!marks.test(page)) throw new Error('docs/http.md has no place for the routes')
  return page.replace(marks, (_, start: string, end: string) => `${start}\n${sections.join('\n')}\n${end}`)
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(pagePath, withReference(readFileSync(pagePath, 'utf8')))
}
