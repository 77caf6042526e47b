/**
 * `npx cdk deploy` reads cdk.json, which runs this file. Settings are context:
 * `npx cdk deploy -c webhookSecretName=prod/webhooks`
 */
import { App } from 'aws-cdk-lib'
import { LamplighterStack } from './stack.ts'

const app = new App()
const webhookSecretName: unknown = app.node.tryGetContext('webhookSecretName')
new LamplighterStack(app, 'Lamplighter', typeof webhookSecretName === 'string' ? { webhookSecretName } : {})
