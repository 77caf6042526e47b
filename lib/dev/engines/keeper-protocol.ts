/** What the stack and its keeper say to each other over IPC. */

export interface KeeperOptions {
  /** Folder of the table's data. */
  readonly folder: string
  /** Forget what is there. */
  readonly fresh: boolean
}

export type ToKeeper =
  /** A process that shall not outlive the stack. */
  { readonly kind: 'guard'; readonly pid: number } | { readonly kind: 'release'; readonly pid: number }

export type FromKeeper =
  | { readonly kind: 'ready'; readonly endpoint: string; readonly enginePid: number; readonly isNew: boolean }
  /** `isPlain`: the message says it all. */
  | { readonly kind: 'failed'; readonly message: string; readonly isPlain: boolean }
