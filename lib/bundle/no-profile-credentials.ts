/** Stands in a bundle for the SDK's credential providers that Lambda has no use for: the next of the chain is asked. */

const none = (): (() => Promise<never>) => () =>
  Promise.reject(
    Object.assign(new Error('not in this bundle: credentials from profiles, sign-on, processes, token files and EC2'), {
      // The property by which the SDK's chain tells "not here" from "broken".
      tryNextLink: true,
    }),
  )

export const fromIni = none
export const fromProcess = none
export const fromSSO = none
export const fromTokenFile = none
// EC2's metadata: no function has it. A container address is asked by a provider of its own, whose variables are these.
export const fromInstanceMetadata = none
export const fromContainerMetadata = none
export const ENV_CMDS_FULL_URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
export const ENV_CMDS_RELATIVE_URI = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
