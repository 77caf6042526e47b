/** Answers of the page's server and of the API, as far as the page reads them. docs/http.md says the rest. */

export interface JobShown {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly state: string
  readonly attempt: number
  readonly maxAttempts: number
  readonly generation: number
  readonly tags: readonly string[]
  readonly insertedAt: string
  readonly scheduledAt: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly schedule?: string
  readonly error?: { readonly name: string; readonly message: string; readonly stack?: string }
  readonly input?: unknown
  readonly result?: unknown
}

export interface QueueShown {
  readonly name: string
  readonly paused?: { readonly at: string; readonly by?: string; readonly why?: string }
  readonly jobs: { readonly states: Readonly<Record<string, number>>; readonly asOf?: string }
  readonly oldestWaiting?: { readonly ms: number }
  readonly rates: { readonly completed: number; readonly failed: number }
  readonly wait: { readonly p95?: number }
  readonly run: { readonly p95?: number }
}

export interface RunShown {
  readonly generation: number
  readonly attempt: number
  readonly outcome: string
  readonly startedAt?: string
  readonly runMs?: number
  readonly error?: { readonly name: string; readonly message: string }
}

export interface GroupShown {
  readonly queue: string
  readonly type: string
  readonly why: string
  readonly name: string
  readonly message: string
  readonly frame?: string
  readonly count: number
  readonly jobsFailed: number
  readonly lastAt: string
  readonly jobs: readonly string[]
}

export interface ScheduleShown {
  readonly name: string
  readonly type: string
  readonly owner: string
  readonly status: string
  readonly description: string
  readonly timezone: string
  readonly nextAt?: string
  readonly lastAt?: string
  readonly next: readonly { readonly at: string; readonly local: string; readonly note?: string }[]
}

export interface HealthShown {
  readonly verdict: string
  readonly reasons: readonly {
    readonly code: string
    readonly level: string
    readonly text: string
    readonly todo: string
  }[]
  readonly oldestDueMs: number
  readonly lastTick?: { readonly endedAt: string }
  readonly lastHour: { readonly completed: number; readonly failed: number; readonly crashed: number }
}

export interface ChangeShown {
  readonly at: string
  readonly queue: string
  readonly id: string
  readonly type?: string
  readonly state?: string
  readonly kind: string
}

/** Where people sign in, where the page is hosted. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
}
