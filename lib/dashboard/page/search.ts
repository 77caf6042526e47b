/** The text of the search box: words `name:value`, each of which the API's list of jobs can look for. */

const qualifiers = ['id', 'type', 'queue', 'phase', 'state', 'tag', 'why', 'order'] as const
type Qualifier = (typeof qualifiers)[number]

export type Search =
  | { readonly kind: 'query'; readonly query: Readonly<Partial<Record<Qualifier, string>>> }
  | { readonly kind: 'wrong'; readonly message: string }

const isQualifier = (name: string): name is Qualifier => (qualifiers as readonly string[]).includes(name)

/** A word that nobody knows is an error: a filter that does nothing shows what was not asked for. */
export function searchOf(text: string): Search {
  const query: Partial<Record<Qualifier, string>> = {}
  for (const word of text.split(/\s+/).filter(one => one !== '')) {
    const colon = word.indexOf(':')
    const [name, value] = [word.slice(0, Math.max(colon, 0)), word.slice(colon + 1)]
    if (!isQualifier(name)) return wrong(`“${word}” is not understood; allowed: ${qualifiers.join(':, ')}:`)
    if (value === '') return wrong(`${name}: has no value`)
    if (query[name] !== undefined) return wrong(`${name}: is given twice`)
    query[name] = name === 'state' ? value.toUpperCase() : value
  }
  return { kind: 'query', query }
}

const wrong = (message: string): Search => ({ kind: 'wrong', message })
