import { spawn } from 'node:child_process'

/** Shows an address in the person's browser, as far as there is one. */
export function openBrowser(url: string): void {
  const [command, ...args] = commandFor(process.platform)
  if (command === undefined) return
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}

/** Programs need no token, so one in a command line, which they can see, gives nothing away. */
function commandFor(platform: NodeJS.Platform): readonly string[] {
  if (platform === 'darwin') return ['open']
  return platform === 'win32' ? ['cmd', '/c', 'start', '""'] : ['xdg-open']
}
