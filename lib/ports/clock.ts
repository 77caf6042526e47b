/** Time, injected. No rule trusts another machine's clock beyond the skew budget (I14). */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after so many milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** Resolves at the end of this turn of the event loop: what comes until then can share one request. */
  turn(): Promise<void>
}
