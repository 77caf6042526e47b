/** A debugger's side of Node's inspector: what VS Code does at a breakpoint. */
import { once } from 'node:events'

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

export interface Debugger {
  /** Stops at the first line of a loaded script that holds this text. @throws Error when no script does */
  breakAt(text: string): Promise<void>
  /** Resolves when the program stands at a breakpoint, now or later. */
  readonly paused: Promise<void>
  resume(): Promise<void>
  close(): void
}

/** Connects to the program whose inspector listens on this port of 127.0.0.1. */
export async function attach(port: number): Promise<Debugger> {
  const list = await fetch(`http://127.0.0.1:${port}/json/list`)
  const [target] = (await list.json()) as readonly { readonly webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
  const scripts: string[] = []
  const waiting = new Map<number, (answer: Answer) => void>()
  const paused = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
    if (answer.method === 'Debugger.scriptParsed') scripts.push(String(answer.params?.['scriptId']))
    if (answer.method === 'Debugger.paused') paused.resolve()
  })
  await once(socket, 'open')
  let last = 0
  const send = async (method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> => {
    const id = ++last
    const answered = new Promise<Answer>(resolve => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { result = {}, error } = await answered
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }
  await send('Debugger.enable')
  return {
    async breakAt(text) {
      for (const scriptId of scripts) {
        const { scriptSource } = await send('Debugger.getScriptSource', { scriptId })
        const lineNumber = String(scriptSource)
          .split('\n')
          .findIndex(line => line.includes(text))
        if (lineNumber === -1) continue
        await send('Debugger.setBreakpoint', { location: { scriptId, lineNumber } })
        return
      }
      throw new Error(`no script holds ${text}`)
    },
    paused: paused.promise,
    resume: async () => void (await send('Debugger.resume')),
    close: () => socket.close(),
  }
}
