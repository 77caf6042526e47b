import { cdk } from './cdk.ts'
import { account, region } from './place.ts'

/** Once for all tests: what `cdk deploy` needs in an account. */
export async function setup(): Promise<void> {
  if (process.env['AWS_ENDPOINT_URL'] === undefined)
    throw new Error('run `npm run test:deploy`: it starts the emulator')
  const start = Date.now()
  await cdk(['bootstrap', `aws://${account}/${region}`])
  console.log(`cdk bootstrap: ${((Date.now() - start) / 1_000).toFixed(1)} s`)
}
