import type { Invocation } from '../lambda/protocol.ts'

export interface HttpResponse {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/** A response of the gateway itself, in API Gateway's form. */
export const gatewayResponse = (status: number, message: string): HttpResponse => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(JSON.stringify({ message })),
})

/** What API Gateway (HTTP API, payload format 2.0) makes of a function's answer. */
export function httpResponse(invocation: Invocation): HttpResponse {
  if (invocation.kind === 'failed') {
    return invocation.errorType === 'Sandbox.Timedout'
      ? gatewayResponse(503, 'Service Unavailable')
      : gatewayResponse(500, 'Internal Server Error')
  }
  const answer = invocation.payload
  if (isRecord(answer) && 'statusCode' in answer) return structured(answer)
  // Without a status code the answer itself is the body.
  return {
    status: 200,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? 'null')),
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function structured(answer: Readonly<Record<string, unknown>>): HttpResponse {
  const status = Number(answer['statusCode'])
  const body = answer['body'] ?? ''
  if (!Number.isInteger(status) || status < 200 || status > 599 || typeof body !== 'string') {
    return gatewayResponse(500, 'Internal Server Error')
  }
  const given = isRecord(answer['headers']) ? Object.entries(answer['headers']) : []
  const headers = given.map(([name, value]): [string, string] => [name.toLowerCase(), String(value)])
  if (!headers.some(([name]) => name === 'content-type')) headers.push(['content-type', 'text/plain;charset=UTF-8'])
  const cookies = Array.isArray(answer['cookies']) ? answer['cookies'] : []
  return {
    status,
    headers: [...headers, ...cookies.map((cookie): [string, string] => ['set-cookie', String(cookie)])],
    body: Buffer.from(body, answer['isBase64Encoded'] === true ? 'base64' : 'utf8'),
  }
}
