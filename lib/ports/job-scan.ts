import type { Job } from '../core/job/job.ts'

/** A page of the whole table. */
export interface ScanPage {
  /** Items that can be read as jobs, in no order; each as it was a moment ago. */
  readonly jobs: readonly Job[]
  /** All items of the page, the unreadable ones included. */
  readonly looked: number
  /** Read units that the page cost: for pacing. */
  readonly readUnits: number
  /** Where the next page starts; undefined after the last. */
  readonly next: string | undefined
}

/**
 * Reads everything there is, in so many parts. Dear, and slow on a large table: for the reconciler only, which is why
 * it is no part of JobStore.
 */
export interface JobScan {
  /**
   * @param segment 0 to segments − 1: each item is in one of them
   * @throws Unavailable
   */
  scan(segment: number, segments: number, from?: string): Promise<ScanPage>
}
