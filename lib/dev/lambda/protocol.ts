/** What the stack and a function host say to each other over IPC. For each function one event at a time, as on Lambda. */

export interface Invoke {
  readonly kind: 'invoke'
  readonly requestId: string
  /** Of the function. */
  readonly name: string
  readonly memorySize: number
  readonly exportName: string
  readonly event: unknown
  /** Epoch milliseconds at which the invocation will be killed. */
  readonly deadlineAt: number
}

export type HostMessage =
  /** The module is loaded; events may come. A worker's module says which types it handles. */
  | { readonly kind: 'ready'; readonly handled?: readonly string[] }
  /** A line that a function wrote, in a process that several share. */
  | { readonly kind: 'said'; readonly name: string; readonly line: string }
  /** JSON text; undefined when the handler returned nothing. */
  | { readonly kind: 'returned'; readonly requestId: string; readonly payload?: string }
  /** Without a requestId: the module could not be loaded. */
  | ({ readonly kind: 'failed'; readonly requestId?: string } & FunctionError)

/** Lambda's own form of an error. */
export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
  readonly stack?: string
}

/** What came of an invocation. A function's failure is a result, not an exception. */
export type Invocation =
  | { readonly kind: 'returned'; readonly payload: unknown }
  /** `atStart`: the module did not load, so the event was not handled at all. */
  | ({ readonly kind: 'failed'; readonly atStart?: true } & FunctionError)
