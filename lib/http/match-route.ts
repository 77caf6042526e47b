/** Which route a request is for. Whole segments are compared, each decoded on its own: `%2F` in a name is part of the name. */
import type { Route } from './route.ts'

/** With the path as it was read. */
export type RouteMatch = { readonly path: string } & (
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  /** The path exists for these methods. */
  | { readonly kind: 'otherMethods'; readonly methods: readonly string[] }
  | { readonly kind: 'none' }
)

interface Pattern {
  readonly route: Route
  readonly segments: readonly string[]
}

/** The first of the routes that fits. HEAD is answered as GET. */
export function routeMatcher(routes: readonly Route[]): (method: string, pathname: string) => RouteMatch {
  const patterns: readonly Pattern[] = routes.map(route => ({ route, segments: route.path.split('/') }))
  return (method, pathname) => {
    const segments = pathname.split('/').map(decoded)
    const path = segments.join('/')
    const fitting = patterns.filter(pattern => isFit(pattern.segments, segments))
    if (fitting.length === 0) return { kind: 'none', path }
    const asked = method === 'HEAD' ? 'GET' : method
    const found = fitting.find(({ route }) => route.method === asked)
    if (found !== undefined) {
      return { kind: 'route', path, route: found.route, params: paramsIn(found.segments, segments) }
    }
    const methods = fitting.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]))
    return { kind: 'otherMethods', path, methods: [...new Set(methods)] }
  }
}

/** What cannot be decoded stays as it is. */
function decoded(segment: string): string {
  return segment.replace(/(?:%[0-9A-Fa-f]{2})+/g, bytes => {
    try {
      return decodeURIComponent(bytes)
    } catch {
      return bytes
    }
  })
}

const isParam = (segment: string): boolean => segment.startsWith('{')

const isFit = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (isParam(part) ? segments[index] !== '' : part === segments[index]))

const paramsIn = (pattern: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pattern.flatMap((part, index) => (isParam(part) ? [[part.slice(1, -1), segments[index] ?? '']] : [])),
  )
