import { describe, expect, it } from 'vitest'
import { httpResponse } from '../../../../lib/dev/http/response.ts'

const responseTo = (payload: unknown) => {
  const { status, headers, body } = httpResponse({ kind: 'returned', payload })
  return { status, headers, body: body.toString() }
}

describe('the HTTP response to a function answer', () => {
  it('takes status, headers, cookies and body', () => {
    const answer = { statusCode: 201, headers: { Location: '/v1/jobs/1' }, cookies: ['a=1', 'b=2'], body: '{}' }
    expect(responseTo(answer)).toEqual({
      status: 201,
      headers: [
        ['location', '/v1/jobs/1'],
        ['content-type', 'text/plain;charset=UTF-8'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
      body: '{}',
    })
  })

  it('decodes a body in base64', () => {
    expect(responseTo({ statusCode: 200, body: 'bGFtcA==', isBase64Encoded: true }).body).toBe('lamp')
  })

  it.each([
    ['an object', { a: 1 }, '{"a":1}'],
    ['a text', 'lamp', 'lamp'],
    ['nothing', undefined, 'null'],
  ])('sends %s without a status code as JSON with status 200', (_, payload, body) => {
    expect(responseTo(payload)).toEqual({ status: 200, headers: [['content-type', 'application/json']], body })
  })

  it.each([
    ['a status that is no number', { statusCode: 'fine' }],
    ['a status out of range', { statusCode: 99 }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ])('answers 500 for %s', (_, payload) => {
    expect(responseTo(payload)).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' })
  })

  it('answers 500 for a function error and 503 for a timeout, without its text', () => {
    const failed = (errorType: string) => httpResponse({ kind: 'failed', errorType, errorMessage: 'secret' })
    expect(failed('TypeError').status).toBe(500)
    expect(failed('Sandbox.Timedout').status).toBe(503)
    expect(failed('TypeError').body.toString()).not.toContain('secret')
  })
})
