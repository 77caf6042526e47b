/** What is run, and for whom. */
export interface FunctionSpec {
  readonly name: string
  /** Path of a module. */
  readonly modulePath: string
  /** Of the function in it. @default 'handler' */
  readonly exportName?: string
  /**
   * Size of the heap (MB) of a process that all functions of this module share: one loaded copy instead of many.
   * @default a process of its own for each sandbox
   */
  readonly sharedMemorySize?: number
  /** Path of the program that loads the module. @default the package's own */
  readonly host?: string
  /** Port of the debugger on 127.0.0.1: then nothing is killed for being slow. @default no debugger */
  readonly inspectPort?: number
  /** After this an invocation is killed, with its process. */
  readonly timeoutMs: number
  /** In MB. A heap that outgrows it ends the sandbox. */
  readonly memorySize: number
  /** Sandboxes at the same time. */
  readonly maxConcurrency: number
  /** Its next event is far off: no sandbox waits for it. @default false */
  readonly isRare?: true
  readonly env: Readonly<Record<string, string>>
}

/** What the owner of a sandbox wants to know. */
export interface SandboxWatch {
  /** A line that the function wrote. */
  onLine(name: string, line: string): void
  onStart(pid: number): void
  onExit(pid: number): void
}
