/** The text of the search box: words `name:value`, each of which the API's list of jobs can look for. */

const qualifiers = ['id', 'type', 'queue', 'phase', 'state', 'tag', 'parked', 'why', 'order'] as const
type Qualifier = (typeof qualifiers)[number]
type Query = Readonly<Partial<Record<Qualifier, string>>>

export type Search =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'wrong'; readonly message: string }

const isQualifier = (name: string): name is Qualifier => (qualifiers as readonly string[]).includes(name)
const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter(one => one !== '')

/**
 * A word that nobody knows is an error: a filter that does nothing shows what was not asked for. `why:` alone means failed
 * jobs, for no others have an error. An id may be the end of one of `known`.
 */
export function searchOf(text: string, known: Iterable<string> = []): Search {
  const query: Partial<Record<Qualifier, string>> = {}
  for (const word of wordsOf(text)) {
    const colon = word.indexOf(':')
    const [name, value] = [word.slice(0, Math.max(colon, 0)), word.slice(colon + 1)]
    if (!isQualifier(name)) return wrong(`“${word}” is not understood; allowed: ${qualifiers.join(':, ')}:`)
    if (value === '') return wrong(`${name}: has no value`)
    if (query[name] !== undefined) return wrong(`${name}: is given twice`)
    query[name] = name === 'state' ? value.toUpperCase() : value
  }
  if (query.why !== undefined && query.phase === undefined && query.state === undefined) query.phase = 'failed'
  return query.id === undefined ? { kind: 'query', query } : withId(query, query.id, known)
}

const maxListed = 5
/** The end of an id of ours, where nothing marks it as an end. */
const uuidEnd = /^[0-9a-f-]{4,35}$/

function withId(query: Query, text: string, known: Iterable<string>): Search {
  const end = text.replace(/^(?:…|\.{3})/, '')
  const isMarked = end !== text
  if (!isMarked && !uuidEnd.test(text)) return { kind: 'query', query }
  const matches = [...known].filter(id => id.endsWith(end))
  const [only, ...others] = matches
  if (matches.includes(text) || (only === undefined && !isMarked)) return { kind: 'query', query }
  if (only === undefined) return wrong(`no job was shown here whose id ends in ${end}; give its whole id`)
  if (others.length === 0) return { kind: 'query', query: { ...query, id: only } }
  const more = matches.length > maxListed ? ` and ${matches.length - maxListed} more` : ''
  return wrong(
    `${matches.length} jobs end in ${end}: ${matches.slice(0, maxListed).join(', ')}${more}; give more of it`,
  )
}

const wrong = (message: string): Search => ({ kind: 'wrong', message })

/** The same search with another word in the place of those of these names; without one, they are left out. */
export const replaced = (text: string, names: readonly string[], word?: string): string =>
  [
    ...wordsOf(text).filter(one => !names.includes(one.slice(0, one.indexOf(':')))),
    ...(word === undefined ? [] : [word]),
  ].join(' ')

export const ranges = [
  ['', 'any time', undefined],
  ['hour', 'last hour', 3_600_000],
  ['day', 'last 24 h', 86_400_000],
  ['week', 'last 7 days', 604_800_000],
  ['custom', 'from … to …', undefined],
] as const

export type Bounds =
  | { readonly kind: 'bounds'; readonly from?: string; readonly to?: string }
  | { readonly kind: 'wrong'; readonly message: string }

/** The bounds that an address names: `range=hour`, or `range=custom` with `from` and `to` as a form gives them. */
export function boundsOf(params: URLSearchParams, now: number): Bounds {
  const name = params.get('range') ?? ''
  const range = ranges.find(([one]) => one === name)
  if (range === undefined) return { kind: 'wrong', message: `the range “${name}” is not understood` }
  if (name !== 'custom')
    return { kind: 'bounds', ...(range[2] === undefined ? {} : { from: instantText(now - range[2]) }) }
  const found: { from?: string; to?: string } = {}
  for (const bound of ['from', 'to'] as const) {
    const text = params.get(bound) ?? ''
    const at = Date.parse(text)
    if (text !== '' && Number.isNaN(at)) return { kind: 'wrong', message: `${bound}: “${text}” is no time` }
    if (text !== '') found[bound] = instantText(at)
  }
  return { kind: 'bounds', ...found }
}

const instantText = (at: number): string => new Date(at).toISOString()
