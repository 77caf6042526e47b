import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct, type IConstruct } from 'constructs'
import type { Environment, NamesEnvironment } from './environment.ts'
import { type GrantOptions, grantAccess, grantStatement } from './grants.ts'
import { type Access, accessOf, type Resources, windowStatements } from './permissions.ts'

/** A job runner that this app makes, or one that `JobRunner.fromJobRunnerAttributes` imported. */
export interface IJobRunner extends IConstruct {
  /**
   * The variables in which `createClient` finds tables and queues, for what `grantEnqueue` cannot set them on: a
   * container, an imported function, a function that enqueues into several runners.
   */
  readonly environment: NamesEnvironment & Environment
  /** Lets it enqueue jobs into all queues. A function also gets the variables of `environment`. */
  grantEnqueue(grantee: IGrantable, options?: GrantOptions): Grant
  /**
   * Lets it put jobs within its own transactions (`client.transact`), and nothing else; a function gets the variables as
   * with `grantEnqueue`. Its own tables are granted by themselves.
   */
  grantTransact(grantee: IGrantable, options?: GrantOptions): Grant
  /**
   * Lets it read: jobs by id, lists, history, counts, queues, and why a job is not running; a function gets the variables as
   * with `grantEnqueue`.
   */
  grantRead(grantee: IGrantable, options?: GrantOptions): Grant
  /** Lets it read, cancel, requeue, reschedule and delete jobs; a function gets the variables as with `grantEnqueue`. */
  grantOperate(grantee: IGrantable, options?: GrantOptions): Grant
}

/** The grants of a runner: the same for one that is made and one that is imported. */
export abstract class GrantingConstruct extends Construct implements IJobRunner {
  abstract readonly environment: NamesEnvironment & Environment
  /** What the grants give access to. */
  protected abstract readonly granted: Resources

  grantEnqueue(grantee: IGrantable, options?: GrantOptions): Grant {
    return this.#withWindows(grantee, this.#grant(grantee, accessOf.enqueue, options))
  }

  grantTransact(grantee: IGrantable, options?: GrantOptions): Grant {
    return this.#grant(grantee, accessOf.transact, options)
  }

  grantRead(grantee: IGrantable, options?: GrantOptions): Grant {
    return this.#grant(grantee, accessOf.read, options)
  }

  grantOperate(grantee: IGrantable, options?: GrantOptions): Grant {
    return this.#withWindows(grantee, this.#grant(grantee, accessOf.operate, options))
  }

  #withWindows(grantee: IGrantable, granted: Grant): Grant {
    const windowed = windowStatements(accessOf.windows, this.granted)
    return windowed.reduce((all, one) => all.combine(grantStatement(grantee, one)), granted)
  }

  #grant(grantee: IGrantable, access: Access, options: GrantOptions | undefined): Grant {
    return grantAccess(
      { runner: this, resources: this.granted, environment: this.environment },
      grantee,
      access,
      options,
    )
  }
}
