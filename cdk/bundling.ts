/** How a function becomes the one file that Lambda loads. test/support/tooling/bundles.test.ts holds it to its budget. */
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions } from 'esbuild'

const thisFile = fileURLToPath(import.meta.url)
/** Ends as this file does: in `.ts` in the repository, in `.js` in the published package. */
const standIn = join(dirname(thisFile), `no-profile-credentials${extname(thisFile)}`)

/**
 * Options for esbuild; the caller adds `entryPoints` and `outfile` (`….mjs`). The AWS SDK goes in: the copy in Lambda's
 * runtime changes without notice, and an ES module could not import it.
 */
export const bundling = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The SDK's CommonJS builds cannot be shaken.
  mainFields: ['module', 'main'],
  minify: true,
  metafile: true,
  legalComments: 'none',
  // A handler's library may still be CommonJS and `require` a module of Node.
  banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
  // Lambda gives credentials by environment (or a container address). Profiles, sign-on and assumed roles are for
  // people's machines, and are a quarter of the SDK: 112 KB less in each bundle.
  alias: {
    '@aws-sdk/credential-provider-ini': standIn,
    '@aws-sdk/credential-provider-process': standIn,
    '@aws-sdk/credential-provider-sso': standIn,
    '@aws-sdk/credential-provider-web-identity': standIn,
  },
} as const satisfies BuildOptions
