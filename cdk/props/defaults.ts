import { RemovalPolicy } from 'aws-cdk-lib'
import { Architecture, Tracing } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { FunctionSettings } from '../resources/runner-function.ts'
import type { TableSettings } from '../resources/tables.ts'
import type { JobRunnerProps } from './job-runner-props.ts'

export const functionSettings = (props: JobRunnerProps, metricsNamespace: string): FunctionSettings => ({
  logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
  tracing: props.tracing ?? Tracing.DISABLED,
  architecture: props.architecture ?? Architecture.ARM_64,
  environment: {
    POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
    ...(props.logLevel === undefined ? {} : { POWERTOOLS_LOG_LEVEL: props.logLevel }),
  },
})

export function tableSettings(props: JobRunnerProps): TableSettings {
  const { removalPolicy = RemovalPolicy.RETAIN } = props
  return {
    encryptionKey: props.encryptionKey,
    removalPolicy,
    deletionProtection: props.deletionProtection ?? removalPolicy !== RemovalPolicy.DESTROY,
    warmThroughput: props.warmThroughput,
    maxReadRequestUnits: props.maxReadRequestUnits,
    maxWriteRequestUnits: props.maxWriteRequestUnits,
  }
}
