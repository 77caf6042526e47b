/**
 * The ends of ids that people type. An end stands for a job that this machine has shown, of the same target: nobody reads a
 * table to find one. The ids lie in a file of the user's cache folder.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LamplighterError } from '../core/values/errors.ts'
import type { Call } from './command.ts'
import type { Terminal } from './terminal.ts'

/** Several jobs have such an id, or none that was shown. */
class UnclearId extends LamplighterError {
  override readonly name = 'UnclearId'
  readonly code: 'ambiguous_id' | 'not_found'
  /** Ids that it may stand for. */
  readonly matches: readonly string[]

  constructor(message: string, matches: readonly string[]) {
    super(message)
    this.code = matches.length === 0 ? 'not_found' : 'ambiguous_id'
    this.matches = matches
  }
}

const maxKept = 2_000
const maxListed = 10
const endLength = 6
/** Ours. Other writers of the table may choose other ids. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** The end of one, where it is not marked as an end. */
const uuidEnd = /^[0-9a-f-]{4,35}$/

/** Notes ids that were shown, so that their ends can be typed. */
export async function rememberIds({ api, terminal }: Pick<Call, 'api' | 'terminal'>, ids: readonly string[]) {
  const path = fileFor((await api.endpoint()).url, terminal)
  if (path === undefined || ids.length === 0) return
  const kept = [...new Set([...ids, ...idsIn(path)])].slice(0, maxKept)
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, JSON.stringify(kept), { mode: 0o600 })
  } catch {
    // Without the file the whole id must be typed.
  }
}

/**
 * The id that a person means: a whole one, or the end of one that was shown, with or without `…` in front.
 * @throws UnclearId
 */
export async function resolvedId({ api, terminal }: Pick<Call, 'api' | 'terminal'>, text: string): Promise<string> {
  const end = text.replace(/^(?:…|\.{3})/, '')
  const isMarked = end !== text
  if (!isMarked && !uuidEnd.test(text)) return text
  const path = fileFor((await api.endpoint()).url, terminal)
  const shown = path === undefined ? [] : idsIn(path)
  if (shown.includes(text)) return text
  const matches = shown.filter(id => id.endsWith(end) && (isMarked || uuid.test(id)))
  const [only, ...others] = matches
  if (only !== undefined && others.length === 0) return only
  if (only === undefined && !isMarked) return text
  if (only === undefined) throw new UnclearId(`no job was shown here whose id ends in ${end}; give its whole id`, [])
  const listed = matches.slice(0, maxListed).join(', ')
  const more = matches.length > maxListed ? ` and ${matches.length - maxListed} more` : ''
  throw new UnclearId(`${matches.length} jobs end in ${end}: ${listed}${more}; give more of the id`, matches)
}

/** Ids by their ends: `…3f2a91`; as many signs as tell them apart. */
export function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  const distinct = [...new Set(ids)]
  let length = endLength
  while (new Set(distinct.map(id => id.slice(-length))).size < distinct.length) length += 1
  return new Map(distinct.map(id => [id, id.length > length + 1 ? `…${id.slice(-length)}` : id]))
}

function idsIn(path: string): readonly string[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Array.isArray(kept) ? kept.filter(id => typeof id === 'string') : []
  } catch {
    return []
  }
}

/** One for each target: the same end means other jobs elsewhere. Undefined where the user has no folder. */
function fileFor(url: string, { environment }: Terminal): string | undefined {
  const { XDG_CACHE_HOME: cache, LOCALAPPDATA: windows, HOME: home } = environment
  const folder = cache || windows || (home ? join(home, '.cache') : undefined)
  if (folder === undefined) return undefined
  const name = createHash('sha256').update(url).digest('hex').slice(0, 16)
  return join(folder, 'lamplighter', `shown-${name}.json`)
}
