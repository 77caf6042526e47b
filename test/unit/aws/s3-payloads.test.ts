/** Large inputs in a bucket: what is sent, and what each answer means. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { AwsV4Signer } from 'aws4fetch'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bucketOf, S3PayloadStore } from '../../../lib/aws/s3-payloads.ts'
import { s3Path, signedHeaders } from '../../../lib/aws/sign-s3.ts'
import { startFolderBucket } from '../../../lib/dev/engines/folder-bucket.ts'
import { systemClock } from '../../../lib/system/clock.ts'
import { newFolder, removeFolder } from '../../support/local-stack.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  vi.unstubAllEnvs()
})

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const clock = { ...systemClock, sleep: () => Promise.resolve() }

function storeOn(endpoint: string, bucket = 'lamplighter-payloads'): S3PayloadStore {
  const client = new DynamoDBClient({ region: 'eu-west-1', credentials })
  stops.push(() => client.destroy())
  return new S3PayloadStore({ bucket, client, clock, endpoint })
}

/** A server that gives these answers, one after the other. */
async function serverOf(...answers: readonly (readonly [status: number, body: string])[]) {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    const [status, body] = answers[Math.min(seen.length, answers.length - 1)] ?? [500, '']
    seen.push(request)
    request.resume()
    response.writeHead(status).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  stops.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

describe('a signature', () => {
  it.each(['input/0128/a/b', "input/0128/a%2Fb !'()*/~_-.é"])('is that of another implementation: %s', async key => {
    const url = new URL(`https://s3.eu-west-1.amazonaws.com${s3Path('my-bucket', key)}`)
    for (const sessionToken of [undefined, 'TOKEN']) {
      const given = { ...credentials, ...(sessionToken === undefined ? {} : { sessionToken }) }
      const now = Date.parse('2027-01-01T12:34:56.789Z')
      const ours = signedHeaders({ method: 'PUT', url, region: 'eu-west-1', credentials: given, now })
      const signer = new AwsV4Signer({
        ...given,
        method: 'PUT',
        url: url.href,
        service: 's3',
        region: 'eu-west-1',
        datetime: '20270101T123456Z',
        headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      })
      const theirs = await signer.sign()
      expect(ours['authorization']).toBe(theirs.headers.get('authorization'))
      expect(ours['x-amz-date']).toBe(theirs.headers.get('x-amz-date'))
    }
  })
})

describe('a bucket in a folder', () => {
  it('keeps what is put, by its whole key, and knows what is not there', async () => {
    const folder = newFolder()
    const bucket = await startFolderBucket(folder)
    stops.push(
      () => bucket.stop(),
      () => removeFolder(folder),
    )
    const store = storeOn(bucket.endpoint)
    const key = "input/0128/a%2Fb ../é!'()*/life/request"
    expect(await store.get(key)).toBeUndefined()
    expect(await store.put({ key, body: '{"text":"é"}' })).toBeUndefined()
    expect(await store.get(key)).toBe('{"text":"é"}')
    expect(await store.get('input/0128/a')).toBeUndefined()
    const body = 'x'.repeat(4 * 1024 * 1024)
    await store.put({ key: 'input/large', body })
    expect((await store.get('input/large'))?.length).toBe(body.length)
  })

  it('refuses another bucket, and a web page', async () => {
    const folder = newFolder()
    const bucket = await startFolderBucket(folder)
    stops.push(
      () => bucket.stop(),
      () => removeFolder(folder),
    )
    expect(await storeOn(bucket.endpoint, 'other').put({ key: 'a', body: '{}' })).toMatchObject({
      message: 'S3 answers 403 (AccessDenied) for PUT other/a',
    })
    const headers = { origin: 'https://example.org' }
    expect((await fetch(`${bucket.endpoint}/lamplighter-payloads/a`, { headers })).status).toBe(403)
  })
})

describe('an answer', () => {
  it('that asks for patience is asked for again, twice', async () => {
    const { endpoint, seen } = await serverOf([503, ''], [500, ''], [200, 'here'])
    expect(await storeOn(endpoint).get('k')).toBe('here')
    expect(seen).toHaveLength(3)
    expect(seen[0]?.headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/s3\//,
    )
  })

  it.each([
    [
      403,
      '<Error><Code>AccessDenied</Code></Error>',
      'S3 answers 403 (AccessDenied) for GET lamplighter-payloads/k',
      1,
    ],
    [
      404,
      '<Error><Code>NoSuchBucket</Code></Error>',
      'S3 answers 404 (NoSuchBucket) for GET lamplighter-payloads/k',
      1,
    ],
    [503, 'busy', 'S3 answers 503 (no code) for GET lamplighter-payloads/k', 3],
  ])('%i %s is no object that is gone', async (status, body, message, calls) => {
    const { endpoint, seen } = await serverOf([status, body])
    await expect(storeOn(endpoint).get('k')).rejects.toMatchObject({ name: 'Unavailable', cause: { message } })
    expect(seen).toHaveLength(calls)
  })

  it('that never comes is an error, of a put as well', async () => {
    expect(await storeOn('http://127.0.0.1:1').put({ key: 'k', body: '{}' })).toBeInstanceOf(Error)
  })
})

describe('the endpoint', () => {
  it.each([
    ['AWS_ENDPOINT_URL', []],
    ['AWS_ENDPOINT_URL_S3', ['AWS_ENDPOINT_URL']],
  ])('is that of %s, in front of %j, as for every client of the SDK', async (name, others) => {
    const { endpoint, seen } = await serverOf([200, '{}'])
    vi.stubEnv(name, endpoint)
    for (const other of others) vi.stubEnv(other, 'http://127.0.0.1:1')
    const client = new DynamoDBClient({ region: 'eu-west-1', credentials })
    stops.push(() => client.destroy())
    expect(await bucketOf({ clock }, 'b', client).get('k')).toBe('{}')
    expect(seen.map(({ url }) => url)).toEqual(['/b/k'])
  })
})
