import { changeLine } from './change-line.ts'
import { logLine } from './log-line.ts'
import type { StateChange } from './state-change.ts'
import { clockTime, plain, toned, wrapped } from './text.ts'

/** The terminal's side of a stack: what it reports becomes lines. */
export interface Console {
  say(line: string): void
  /** Lines that are made for their place. */
  print(text: string): void
  /** That the API answers now, and how to enqueue a first job. */
  ready(url: string, example: Example): void
  onChange(change: StateChange): void
  onLine(source: string, line: string): void
  onTrouble(text: string): void
}

/** As for `POST /v1/jobs`. */
export interface Example {
  readonly type: string
  readonly input: unknown
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Undefined when the output is no terminal: programs that read it want one line for each event. */
const columns = (): number | undefined => (process.stdout.isTTY ? process.stdout.columns : undefined)

const say = (line: string): void => print(wrapped(line, columns()))

/** @param isRaw print the functions' log lines as they are */
export function createConsole(isRaw: boolean): Console {
  return {
    say,
    print,
    ready: (url, example) => print(readyText(url, example, columns() !== undefined)),
    onChange: change => say(changeLine(change, Date.now())),
    onLine(source, line) {
      if (isRaw) return print(line)
      const shown = logLine(source, line, Date.now())
      if (shown !== undefined) say(shown)
    },
    onTrouble(text) {
      // What esbuild says has several lines, with a mark below the place.
      const [first = '', ...others] = text.split('\n').map(plain)
      say(`${clockTime(Date.now())}  ${toned('yellow', first)}`)
      for (const line of others) print(toned('yellow', line))
    },
  }
}

/** The command can be copied and pasted either way; on a terminal it is broken where a shell allows it. */
export function readyText(url: string, example: Example, isTerminal: boolean): string {
  const [start, command, data] = [
    `Lamplighter is ready on ${url} – try:`,
    `curl -X POST ${new URL(url).host}/v1/jobs -H 'content-type: application/json'`,
    `-d '${JSON.stringify(example)}'`,
  ]
  return isTerminal ? `${start}\n${command} \\\n${data}` : `${start} ${command} ${data}`
}
