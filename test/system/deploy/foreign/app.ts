import { App, CfnOutput, Stack } from 'aws-cdk-lib'
import { Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { JobRunner } from 'lamplighter/cdk'
import { runner } from './src/jobs.ts'

const stack = new Stack(new App(), 'CornerShop')
const jobs = new JobRunner(stack, 'Jobs', { runner, handlersEntry: 'src/handlers.ts' })
const checkout = new NodejsFunction(stack, 'Checkout', {
  entry: 'src/checkout.ts',
  runtime: Runtime.NODEJS_24_X,
  bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true },
})
jobs.grantEnqueue(checkout)
new CfnOutput(stack, 'CheckoutName', { value: checkout.functionName })
