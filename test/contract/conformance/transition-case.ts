/** What a case of a transition is made of. */
import type { Job, RawJob } from '../../../lib/core/job/job.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'

/** What whoever asks a second time finds, because the first answer was lost. */
export type Repeat =
  /** Refused; the job is running under my token. */
  | 'held'
  /** Refused; the outcome that stands is mine. */
  | 'outcome'
  /** Refused; the item carries my request's token. */
  | 'placed'
  /** Refused; the item carries the token of my replacement, and that of whoever sends its message. */
  | 'replaced'
  /** Refused; the job has ended. */
  | 'ended'
  /** Refused; nothing tells who it was, and nothing depends on it. */
  | 'moved'
  /** Refused; there is no item any more. */
  | 'gone'
  /** Written a second time, the same. */
  | 'again'

export interface TransitionCase {
  /** Name of the function in lib/core/transitions. */
  readonly name: string
  readonly from: string
  /** Without its id, which each test gives. */
  readonly item: RawJob
  readonly transition: (job: Job) => Transition
  readonly repeat: Repeat
}

export const owner = 'my-owner-of-16ch'

export const rt = 'my-token'
