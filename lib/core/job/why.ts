import { createHash } from 'node:crypto'
import { utf8Bytes } from '../values/json.ts'
import type { JobError } from './job-error.ts'

/** Bytes of a `why`: a row of the index must stay small. */
export const maxWhyBytes = 48
const fingerprintLength = 8

/**
 * Why a job failed, in a form that a list can group by: the error's name, `#`, and eight hex digits of its name and
 * message. What differs from job to job (numbers, ids, quoted texts) does not count.
 *
 * @param error JSON text `{name, message}` as the item holds it, or text of any other form
 * @example whyOf('{"name":"HttpError","message":"503 from host 17"}') // 'HttpError#…', the same for a 500 from host 4
 */
export function whyOf(error: string): string {
  const { name, message } = read(error)
  const hash = createHash('sha256')
    .update(`${name}:${blanked(message)}`)
    .digest('hex')
  return `${clipped(name)}#${hash.slice(0, fingerprintLength)}`
}

function read(text: string): Pick<JobError, 'name' | 'message'> {
  try {
    const { name, message } = JSON.parse(text) as Partial<Record<'name' | 'message', unknown>>
    return { name: typeof name === 'string' ? name : 'Error', message: typeof message === 'string' ? message : '' }
  } catch {
    return { name: 'Error', message: text }
  }
}

/** Quoted texts, hexadecimal ids and numbers, each as one blank. */
const blanked = (message: string): string =>
  message
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, ' ')
    .replace(/\w+/g, word => (isHex(word) ? ' ' : word))
    .replace(/\d+/g, ' ')
    .replace(/\s+/g, ' ')

/** A word of hexadecimal digits; one of letters alone only where it is as long as an id. */
const isHex = (word: string): boolean => /^(?:0x)?[0-9a-f]+$/i.test(word) && (/\d/.test(word) || word.length >= 8)

/** Whole characters, as many as there is room for. */
function clipped(name: string): string {
  let short = ''
  for (const character of name.toWellFormed()) {
    if (utf8Bytes(short + character) > maxWhyBytes - fingerprintLength - 1) break
    short += character
  }
  return short
}
