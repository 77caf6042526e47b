/** The repository as it deploys: what `node cdk/app.ts` makes, as the CDK's command line runs it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { idsOf, propertiesOf, readTemplate, type SynthesisedTemplate } from '../../support/template.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lamplighter-stack-'))

let template: SynthesisedTemplate & { readonly Outputs: Readonly<Record<string, object>> }

beforeAll(() => {
  const { app } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { app: string }
  const [command = '', ...args] = app.split(' ')
  const env = { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: '{"webhookSecretName":"prod/webhooks"}' }
  execFileSync(command, args, { cwd: root, env })
  template = readTemplate(folder, 'Lamplighter') as typeof template
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true }))

/** Where a function's code stands, by the words of its description. */
function codeOf(words: string): string {
  const [id = ''] = idsOf(template, 'AWS::Lambda::Function').filter(one =>
    String(template.Resources[one]?.Properties['Description']).includes(words),
  )
  const { S3Key } = propertiesOf(template, id)['Code'] as { S3Key: string }
  return join(folder, `asset.${S3Key.replace('.zip', '')}`, 'index.mjs')
}

it('outputs the address of the API, the names of the tables and the URLs of the queues', () => {
  expect(Object.keys(template.Outputs)).toEqual(['JobsApiUrl', 'JobsTableName', 'JobsRecordTableName', 'JobsQueueUrls'])
})

it('names the secret of the webhooks to the one worker that signs them, which alone may read it', () => {
  const naming = (type: string, text: string) =>
    idsOf(template, type).filter(id => JSON.stringify(template.Resources[id]).includes(text))
  expect(naming('AWS::Lambda::Function', 'LAMPLIGHTER_WEBHOOK_KEY_ARN')).toEqual([
    expect.stringMatching(/^JobsWorkerwebhooksFunction/),
  ])
  expect(naming('AWS::IAM::Policy', 'secretsmanager:GetSecretValue')).toEqual([
    expect.stringMatching(/^JobsWorkerwebhooksRole/),
  ])
  // The template holds the name of the secret, never the secret.
  expect(JSON.stringify(template)).toContain(':secret:prod/webhooks')
  expect(JSON.stringify(template)).not.toContain('{{resolve:')
})

it('deploys beside a worker what it loads late', () => {
  const files = readdirSync(dirname(codeOf('runs the jobs')))
  expect(files.filter(file => file.startsWith('summarise-csv') && file.endsWith('.mjs'))).toHaveLength(1)
})

it('puts a source map beside each bundle', () => {
  const map = JSON.parse(readFileSync(`${codeOf('runs the jobs')}.map`, 'utf8')) as { sources: readonly string[] }
  expect(map.sources.some(source => source.endsWith('functions/handlers.ts'))).toBe(true)
})
