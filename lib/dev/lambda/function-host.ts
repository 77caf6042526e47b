/**
 * A sandbox for one function: `node function-host.ts <module> <export>`. Loads the module's handler and calls it with each
 * event that comes over IPC. Ends by itself when the stack is gone.
 */
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import type { Context } from 'aws-lambda'
import type { FunctionError, HostMessage, Invoke } from './protocol.ts'

type Handler = (event: unknown, context: HostContext) => unknown
/** Without the three callbacks of Node 0.10 that Lambda no longer honours. */
type HostContext = Omit<Context, 'done' | 'fail' | 'succeed'>

const env = (name: string): string => process.env[name] ?? ''

function contextOf({ requestId, deadlineAt }: Invoke): HostContext {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: env('AWS_LAMBDA_FUNCTION_VERSION'),
    invokedFunctionArn: `arn:aws:lambda:${env('AWS_REGION')}:000000000000:function:${env('AWS_LAMBDA_FUNCTION_NAME')}`,
    memoryLimitInMB: env('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    awsRequestId: requestId,
    logGroupName: env('AWS_LAMBDA_LOG_GROUP_NAME'),
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

async function answer(handler: Handler, invoke: Invoke): Promise<HostMessage> {
  const { requestId } = invoke
  let result: unknown
  try {
    result = await handler(invoke.event, contextOf(invoke))
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

interface Loaded {
  readonly handler: Handler
  readonly handled?: readonly string[]
}

async function load(modulePath: string, exportName: string): Promise<Loaded> {
  const module = (await import(pathToFileURL(modulePath).href)) as Readonly<Record<string, unknown>>
  const handler = module[exportName]
  if (typeof handler !== 'function') throw new Error(`${modulePath} exports no function named '${exportName}'`)
  const { handlers } = module as { readonly handlers?: readonly { readonly contract: { readonly type: string } }[] }
  const handled = handlers?.map(({ contract }) => contract.type)
  return { handler: handler as Handler, ...(handled === undefined ? {} : { handled }) }
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

const [modulePath = '', exportName = 'handler'] = process.argv.slice(2)
try {
  const { handler, ...facts } = await load(modulePath, exportName)
  process.on('message', (message: Invoke) => {
    void answer(handler, message).then(send)
  })
  send({ kind: 'ready', ...facts })
} catch (error) {
  const place = placeOf(error, modulePath)
  const failure = errorOf(error)
  const located = place === undefined ? failure : { ...failure, stack: `${place}\n${failure.stack ?? ''}` }
  process.send?.({ kind: 'failed', ...located }, undefined, undefined, () => process.exit(1))
}
