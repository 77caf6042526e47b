/** Makes every answer of the API, so that each one has these headers. */

const safeHeaders = {
  // A job's state changes by the second, and its input belongs to the caller: no cache may keep it.
  'cache-control': 'no-store',
  // Input is the caller's text; no browser may take it for a page or a script.
  'x-content-type-options': 'nosniff',
}

export function jsonResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  mediaType = 'application/json',
): Response {
  return textResponse(status, JSON.stringify(body), headers, mediaType)
}

/** As `jsonResponse`, of what is JSON text already. */
export function textResponse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
  mediaType = 'application/json',
): Response {
  return new Response(text, {
    status,
    headers: { ...headers, ...safeHeaders, 'content-type': mediaType },
  })
}

/** An answer without a body: 204, 304. */
export const emptyResponse = (status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status, headers: { ...headers, ...safeHeaders } })
