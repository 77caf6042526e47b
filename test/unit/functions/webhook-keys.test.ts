import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { webhookKeys } from '../../../functions/jobs/webhook-keys.ts'
import { newWebhookKeys } from '../../../functions/jobs/webhook-signature.ts'

const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:webhooks-AbCdEf'
const { privateKey } = newWebhookKeys()

/** A store whose secret can be changed, and a clock that can be moved. */
function kit(env: NodeJS.ProcessEnv = { LAMPLIGHTER_WEBHOOK_KEY_ARN: arn }) {
  const state = { now: 0, secret: privateKey, asked: [] as string[], failure: undefined as Error | undefined }
  const readSecret = async (name: string): Promise<string> => {
    state.asked.push(name)
    await new Promise(resolve => setImmediate(resolve))
    if (state.failure !== undefined) throw state.failure
    return state.secret
  }
  return { state, keys: webhookKeys(env, readSecret, () => state.now) }
}

describe('with LAMPLIGHTER_WEBHOOK_KEY_ARN', () => {
  it('reads nothing before the first delivery, then once for all that ask within five minutes', async () => {
    const { state, keys } = kit()
    expect(state.asked).toEqual([])
    await Promise.all([keys(), keys(), keys()])
    state.now = 299_999
    expect(await keys()).toHaveLength(1)
    expect(state.asked).toEqual([arn])
  })

  it('signs with a rotated key after five minutes, without a restart', async () => {
    const { state, keys } = kit()
    const [before] = await keys()
    state.secret = newWebhookKeys().privateKey
    state.now = 300_000
    const [after] = await keys()
    expect(after?.equals(before as KeyObject)).toBe(false)
    expect(state.asked).toHaveLength(2)
  })

  it('asks again after a failure, and keeps none', async () => {
    const { state, keys } = kit()
    state.failure = new Error('AccessDeniedException')
    await expect(keys()).rejects.toThrow('AccessDeniedException')
    state.failure = undefined
    expect(await keys()).toHaveLength(1)
  })

  it('rejects a secret of the wrong form without showing it, and takes the repaired one at once', async () => {
    const { state, keys } = kit()
    state.secret = 'hunter2hunter2'
    const failure = await keys().catch((error: unknown) => error)
    expect(failure).toMatchObject({ message: expect.stringMatching(/^the secret in LAMPLIGHTER_WEBHOOK_KEY_ARN must/) })
    expect(String(failure)).not.toContain('hunter2')
    state.secret = privateKey
    expect(await keys()).toHaveLength(1)
  })
})

describe('without it', () => {
  it('takes LAMPLIGHTER_WEBHOOK_KEY, and asks no store', async () => {
    const { state, keys } = kit({ LAMPLIGHTER_WEBHOOK_KEY: privateKey, LAMPLIGHTER_WEBHOOK_KEY_ARN: '' })
    expect(await keys()).toHaveLength(1)
    expect(state.asked).toEqual([])
  })

  it('rejects each delivery when nothing is set, for workers of other queues start without it', async () => {
    await expect(kit({}).keys()).rejects.toThrow('LAMPLIGHTER_WEBHOOK_KEY_ARN is not set')
  })

  it('refuses to start with both, or with a key of the wrong form', () => {
    expect(() => kit({ LAMPLIGHTER_WEBHOOK_KEY: privateKey, LAMPLIGHTER_WEBHOOK_KEY_ARN: arn })).toThrow(
      'LAMPLIGHTER_WEBHOOK_KEY_ARN and LAMPLIGHTER_WEBHOOK_KEY are both set; allowed: one of them',
    )
    expect(() => kit({ LAMPLIGHTER_WEBHOOK_KEY: 'hunter2' })).toThrow(/^LAMPLIGHTER_WEBHOOK_KEY must hold 'whsk_'/)
  })
})

describe('readSecret', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.resetModules()
  })

  /** Answers as Secrets Manager does (AWS JSON 1.1); a new client for each, since it keeps its endpoint. */
  async function readFrom(answer: { status: number; body: unknown }) {
    const requests: { target: unknown; body: unknown }[] = []
    const server = createServer((request, response) => {
      void text(request).then(body => {
        requests.push({ target: request.headers['x-amz-target'], body: JSON.parse(body) })
        response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
        response.end(JSON.stringify(answer.body))
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'k')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
    const { readSecret } = await import('../../../functions/jobs/read-secret.ts')
    const outcome = await readSecret(arn).catch((error: unknown) => error)
    server.closeAllConnections()
    server.close()
    return { outcome, requests }
  }

  it('asks for the current version of the secret', async () => {
    const { outcome, requests } = await readFrom({ status: 200, body: { ARN: arn, SecretString: privateKey } })
    expect(outcome).toBe(privateKey)
    expect(requests).toEqual([{ target: 'secretsmanager.GetSecretValue', body: { SecretId: arn } }])
  })

  it.each([
    [{ status: 400, body: { __type: 'AccessDeniedException', Message: 'of a role' } }, 'AccessDeniedException'],
    [{ status: 400, body: { __type: 'ResourceNotFoundException' } }, 'ResourceNotFoundException'],
    [{ status: 200, body: { ARN: arn, SecretBinary: 'AAAA' } }, 'the secret is not text'],
  ])('says why it could not: %j', async (answer, reason) => {
    const { outcome } = await readFrom(answer)
    expect(outcome).toMatchObject({ name: 'Error', message: `the webhook key could not be read: ${reason}` })
  })
})
