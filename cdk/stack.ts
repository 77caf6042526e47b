import { fileURLToPath } from 'node:url'
import { type RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { runner } from '../functions/jobs.ts'
import { JobRunner } from './job-runner.ts'

export interface LamplighterStackProps extends StackProps {
  /**
   * Name of the secret in Secrets Manager that holds the keys of webhooks. The worker of webhooks may read it, and does
   * so at run time: a rotated key signs within five minutes, without a deployment. @default none; deliveries fail
   */
  readonly webhookSecretName?: string
  /** Lets everybody call the API, and warns. @default false: requests are signed with IAM credentials */
  readonly openApi?: boolean
  /** What happens to the tables. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

/** The jobs of functions/jobs.ts, deployed. */
export class LamplighterStack extends Stack {
  readonly jobs: JobRunner

  constructor(scope: Construct, id: string, props: LamplighterStackProps = {}) {
    super(scope, id, props)
    const { webhookSecretName: name } = props
    const secret = name === undefined ? undefined : Secret.fromSecretNameV2(this, 'WebhookKeys', name)
    this.jobs = new JobRunner(this, 'Jobs', {
      runner,
      handlersEntry: fileURLToPath(new URL('../functions/handlers.ts', import.meta.url)),
      apiAuth: props.openApi === true ? 'none' : 'iam',
      ...(props.removalPolicy === undefined ? {} : { removalPolicy: props.removalPolicy }),
      workers: {
        webhooks: { environment: secret === undefined ? {} : { LAMPLIGHTER_WEBHOOK_KEY_ARN: secret.secretArn } },
      },
    })
    secret?.grantRead(this.jobs.worker('webhooks'))
  }
}
