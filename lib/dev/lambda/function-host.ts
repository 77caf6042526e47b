/**
 * A process for functions: `node function-host.ts <module> [export]`. Loads the module and calls its handlers with each
 * event that comes over IPC: the one that is named, or any if none is. Ends by itself when the stack is gone.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import type { Context } from 'aws-lambda'
import type { FunctionError, HostMessage, Invoke } from './protocol.ts'

type Handler = (event: unknown, context: HostContext) => unknown
/** Without the three callbacks of Node 0.10 that Lambda no longer honours. */
type HostContext = Omit<Context, 'done' | 'fail' | 'succeed'>

const env = (name: string): string => process.env[name] ?? ''

function contextOf({ requestId, deadlineAt, name, memorySize }: Invoke): HostContext {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: env('AWS_LAMBDA_FUNCTION_VERSION'),
    invokedFunctionArn: `arn:aws:lambda:${env('AWS_REGION')}:000000000000:function:${name}`,
    memoryLimitInMB: String(memorySize),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: env('AWS_LAMBDA_LOG_STREAM_NAME'),
    getRemainingTimeInMillis: () => Math.max(0, deadlineAt - Date.now()),
  }
}

function errorOf(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) }
  return {
    errorType: error.name,
    errorMessage: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  }
}

function send(message: HostMessage): void {
  // The stack may have gone a moment ago; 'disconnect' then ends this process.
  process.send?.(message, undefined, undefined, () => undefined)
}

async function answer(module: Module, invoke: Invoke): Promise<HostMessage> {
  const { requestId } = invoke
  let result: unknown
  try {
    result = await handlerIn(module, invoke.exportName)(invoke.event, contextOf(invoke))
  } catch (error) {
    return { kind: 'failed', requestId, ...errorOf(error) }
  }
  try {
    const payload = JSON.stringify(result)
    return payload === undefined ? { kind: 'returned', requestId } : { kind: 'returned', requestId, payload }
  } catch (error) {
    return { kind: 'failed', requestId, ...errorOf(error), errorType: 'Runtime.MarshalError' }
  }
}

type Module = Readonly<Record<string, unknown>>

interface Loaded {
  readonly module: Module
  readonly handled?: readonly string[]
}

/** @param exportName must be there */
async function load(modulePath: string, exportName: string | undefined): Promise<Loaded> {
  const module = (await import(pathToFileURL(modulePath).href)) as Module
  if (exportName !== undefined) handlerIn(module, exportName)
  const { handlers } = module as { readonly handlers?: readonly { readonly contract: { readonly type: string } }[] }
  const handled = handlers?.map(({ contract }) => contract.type)
  return { module, ...(handled === undefined ? {} : { handled }) }
}

function handlerIn(module: Module, exportName: string): Handler {
  const handler = module[exportName]
  if (typeof handler !== 'function') throw new Error(`${modulePath} exports no function named '${exportName}'`)
  return handler as Handler
}

const running = new AsyncLocalStorage<string>()

/** Where several functions share the process, each line goes with the name of the one that wrote it. */
function nameLines(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (...of: readonly unknown[]) => boolean
  const begun = new Map<string, string>()
  const named = (chunk: string | Uint8Array, ...more: readonly unknown[]): boolean => {
    const name = running.getStore()
    if (name === undefined) return write(chunk, ...more)
    const text = `${begun.get(name) ?? ''}${typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()}`
    const lines = text.split('\n')
    begun.set(name, lines.pop() ?? '')
    for (const line of lines) send({ kind: 'said', name, line })
    const done = more.at(-1)
    if (typeof done === 'function') queueMicrotask(done as () => void)
    return true
  }
  stream.write = named
}

process.on('disconnect', () => process.exit())
// Ctrl-C reaches every process of a terminal; a run must finish, and the stack decides when it is over.
process.on('SIGINT', () => undefined)

/** Node prints the place of a syntax error, but does not give it to the program: another process prints it. */
function placeOf(error: unknown, modulePath: string): string | undefined {
  if (!(error instanceof SyntaxError) || error.stack?.startsWith('SyntaxError') !== true) return undefined
  const program = `await import(${JSON.stringify(pathToFileURL(modulePath).href)})`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return /^file:.*:\d+$/m.exec(stderr)?.[0]
}

const [modulePath = '', exportName] = process.argv.slice(2)
try {
  const { module, ...facts } = await load(modulePath, exportName)
  if (exportName === undefined) for (const stream of [process.stdout, process.stderr]) nameLines(stream)
  process.on('message', (message: Invoke) => {
    void running.run(message.name, () => answer(module, message)).then(send)
  })
  send({ kind: 'ready', ...facts })
} catch (error) {
  const place = placeOf(error, modulePath)
  const failure = errorOf(error)
  const located = place === undefined ? failure : { ...failure, stack: `${place}\n${failure.stack ?? ''}` }
  process.send?.({ kind: 'failed', ...located }, undefined, undefined, () => process.exit(1))
}
