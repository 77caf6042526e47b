import { createHash } from 'node:crypto'
import { utf8Bytes } from '../values/json.ts'
import { errorText, type JobError } from './job-error.ts'

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
  const { name, message, print } = read(error)
  return `${clipped(name)}#${print ?? fingerprintOf(name, message)}`
}

/**
 * The error of a run that is retried, as the item keeps it: without the stack, and short. A message that is cut leaves its
 * fingerprint (`print`), so that the retries of an error and its last failure have one `why`.
 * @param run its number, where the text must differ from that of another run
 */
export function retryErrorText({ name, message }: JobError, maxBytes: number, run?: number): string {
  const mark = run === undefined ? '' : `,"run":${run}`
  const bare = errorText({ name, message }, maxBytes - mark.length)
  const print = fingerprintOf(name, message)
  if (whyOf(bare).endsWith(print)) return `${bare.slice(0, -1)}${mark}}`
  const marks = `${mark},"print":"${print}"`
  return `${errorText({ name, message }, maxBytes - marks.length).slice(0, -1)}${marks}}`
}

const fingerprintOf = (name: string, message: string): string =>
  createHash('sha256')
    .update(`${name}:${blanked(message)}`)
    .digest('hex')
    .slice(0, fingerprintLength)

interface Stored extends Pick<JobError, 'name' | 'message'> {
  readonly print?: string
}

function read(text: string): Stored {
  try {
    const { name, message, print } = JSON.parse(text) as Partial<Record<'name' | 'message' | 'print', unknown>>
    return {
      name: typeof name === 'string' ? name : 'Error',
      message: typeof message === 'string' ? message : '',
      ...(typeof print === 'string' && /^[0-9a-f]{8}$/.test(print) ? { print } : {}),
    }
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
