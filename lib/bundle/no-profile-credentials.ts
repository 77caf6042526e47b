/** Stands in a bundle for the SDK's credential providers that Lambda has no use for: the next of the chain is asked. */

const none = (): (() => Promise<never>) => () =>
  Promise.reject(
    Object.assign(new Error('not in this bundle: credentials from profiles, sign-on, processes and token files'), {
      // The property by which the SDK's chain tells "not here" from "broken".
      tryNextLink: true,
    }),
  )

export const fromIni = none
export const fromProcess = none
export const fromSSO = none
export const fromTokenFile = none
