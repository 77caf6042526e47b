/** What the tests use of the package, which has no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export interface ProviderContext {
    readonly oidc: { readonly account?: { readonly accountId: string } }
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
  }
}
