import { createRequire } from 'node:module'

/** By the package's own name: the file lies in other folders when it is built. */
export const ownVersion = (): string =>
  (createRequire(import.meta.url)('lamplighter/package.json') as { readonly version: string }).version
