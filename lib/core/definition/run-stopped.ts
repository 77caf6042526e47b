import { LamplighterError } from '../values/errors.ts'

/** Why a run's signal aborted. */
export type Stop = 'timedOut' | 'cancelled' | 'lost' | 'parted' | 'over'

/** The reason of an aborted signal, and what a run's own calls reject with once it has been stopped or is over. */
export class RunStopped extends LamplighterError {
  override readonly name = 'RunStopped'
  readonly code = 'run_stopped'
  readonly stop: Stop
  constructor(stop: Stop) {
    super(
      {
        timedOut: 'the run did not end in its time',
        cancelled: 'the job was cancelled',
        lost: 'the lease was lost; another run may hold the job',
        parted: 'the job goes on in a later run, from what its steps have left',
        over: 'the run is over; what it does now does not count',
      }[stop],
    )
    this.stop = stop
  }
}
