import { fileURLToPath } from 'node:url'
import { type RemovalPolicy, SecretValue, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { runner } from '../functions/jobs.ts'
import { JobRunner } from './job-runner.ts'

export interface LamplighterStackProps extends StackProps {
  /**
   * Name of the secret in Secrets Manager that signs webhooks, as Standard Webhooks describes: `whsec_` and a key in
   * base64. CloudFormation reads it at each deployment; no template holds it. @default none; deliveries fail
   */
  readonly webhookSecretName?: string
  /** Lets everybody call the API, and warns. @default false: requests are signed with IAM credentials */
  readonly openApi?: boolean
  /** What becomes of the table. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

/** The jobs of functions/jobs.ts, deployed. */
export class LamplighterStack extends Stack {
  readonly jobs: JobRunner

  constructor(scope: Construct, id: string, props: LamplighterStackProps = {}) {
    super(scope, id, props)
    this.jobs = new JobRunner(this, 'Jobs', {
      runner,
      handlersEntry: fileURLToPath(new URL('../functions/handlers.ts', import.meta.url)),
      apiAuth: props.openApi === true ? 'none' : 'iam',
      ...(props.removalPolicy === undefined ? {} : { removalPolicy: props.removalPolicy }),
      workers: { webhooks: { environment: webhookEnvironment(props.webhookSecretName) } },
    })
  }
}

const webhookEnvironment = (secretName: string | undefined): Readonly<Record<string, string>> =>
  secretName === undefined ? {} : { LAMPLIGHTER_WEBHOOK_SECRET: SecretValue.secretsManager(secretName).unsafeUnwrap() }
