import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { freePort } from '../../../../lib/dev/loopback.ts'
import { type DevProgram, startDev } from '../../../support/dev-program.ts'
import { enqueueAt } from '../../../support/local-stack.ts'
import { application, handlersWith, jobs } from '../../bundle/application.ts'

let program: DevProgram | undefined
afterEach(async () => {
  program?.child.kill('SIGKILL')
  await program?.ended
})

/** Longer than the lease (10 s) and the function (16 s) of a job that may take a second; as three minutes are of others. */
const breakpointMs = 20_000

it('a breakpoint that outlasts timeout, lease and function makes one run', { timeout: 120_000 }, async () => {
  const port = await freePort()
  const { folder } = application({
    'handlers.ts': handlersWith('', '(() => { debugger; return "after" })()'),
    'jobs.ts': jobs.replace("type: 'greet',", "type: 'greet', timeout: '1s',"),
  })
  program = startDev({ folder, args: ['--inspect', String(port), '--tick', '1s'] })
  const url = await program.url()
  expect(program.lines).toContain(`  Debugger   127.0.0.1:${port} of worker-default`)
  // The sandbox starts with its first event.
  await enqueueAt(url, 'greet', {})
  await program.line(/COMPLETED/)
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`)
  const [target] = (await answer.json()) as readonly { readonly webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
  await once(socket, 'open')
  const paused = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }) => {
    if (String(data).includes('"Debugger.paused"')) paused.resolve()
  })
  const enabled = once(socket, 'message')
  socket.send('{"id":1,"method":"Debugger.enable"}')
  await enabled
  const id = await enqueueAt(url, 'greet', {})
  await paused.promise
  await new Promise(resolve => setTimeout(resolve, breakpointMs))
  const from = program.lines.length
  socket.send('{"id":2,"method":"Debugger.resume"}')
  await program.line(/COMPLETED/, from)
  socket.close()
  const job = await fetch(`${url}/v1/jobs/${id}`)
  expect(await job.json()).toMatchObject({ state: 'COMPLETED', attempt: 1, result: 'after' })
  expect(program.lines.filter(line => line.includes(id.slice(-6)) && line.includes('IN_PROGRESS'))).toHaveLength(1)
})
