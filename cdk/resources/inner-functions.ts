import type { Construct } from 'constructs'
import { dashboardSettings } from '../props/dashboard-props.ts'
import type { JobRunnerProps } from '../props/job-runner-props.ts'
import { JobApi } from './api.ts'
import { Dispatcher } from './dispatcher.ts'
import type { InnerSpec } from './inner-spec.ts'
import { Reconciler } from './reconciler.ts'
import { Recorder } from './recorder.ts'
import { Sweeper } from './sweeper.ts'

/** All functions but the workers. */
export interface InnerFunctions {
  readonly dispatcher: Dispatcher
  readonly sweeper: Sweeper
  readonly reconciler: Reconciler | undefined
  readonly recorder: Recorder | undefined
  readonly api: JobApi | undefined
}

export function innerFunctions(scope: Construct, props: JobRunnerProps, spec: InnerSpec): InnerFunctions {
  const { apiAuth: auth = 'iam', apiRequestsPerSecond: requestsPerSecond = 100, apiCors: cors } = props
  const { apiDetails: details = [] } = props
  const dashboard = dashboardSettings(scope.node.path, props)
  return {
    dispatcher: new Dispatcher(scope, { ...spec, memorySize: props.dispatcherMemorySize }),
    sweeper: new Sweeper(scope, { ...spec, memorySize: props.sweeperMemorySize }),
    reconciler: props.reconciler === false ? undefined : new Reconciler(scope, spec, props.recorder !== false),
    recorder:
      props.recorder === false ? undefined : new Recorder(scope, { ...spec, memorySize: props.recorderMemorySize }),
    api:
      props.api === false ? undefined : new JobApi(scope, spec, { auth, requestsPerSecond, cors, details, dashboard }),
  }
}
