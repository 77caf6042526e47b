/**
 * Signature version 4 for one object of S3, without a client of the SDK: that would take a third of a megabyte in each
 * function. docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac } from 'node:crypto'

export interface S3Request {
  readonly method: 'GET' | 'PUT'
  readonly url: URL
  readonly region: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string | undefined
  }
  /** Epoch milliseconds. */
  readonly now: number
}

/** TLS proves that the body arrives as it was sent: it is not hashed in addition. */
const unsigned = 'UNSIGNED-PAYLOAD'

/** The path of an object, each part escaped as the signature wants it. */
export const s3Path = (bucket: string, key: string): string => `/${[bucket, ...key.split('/')].map(escaped).join('/')}`

const escaped = (part: string): string =>
  encodeURIComponent(part).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** The headers to send. */
export function signedHeaders({ method, url, region, credentials, now }: S3Request): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const date = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const sent: Readonly<Record<string, string>> = {
    'x-amz-content-sha256': unsigned,
    'x-amz-date': date,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const headers = Object.entries({ host: url.host, ...sent })
  const names = headers.map(([name]) => name).join(';')
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
  const canonical = [method, url.pathname, '', lines, names, unsigned].join('\n')
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`)
  const signature = hmac(key, text).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { ...sent, authorization }
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
