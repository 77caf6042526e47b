import { changeLine } from './change-line.ts'
import { logLine } from './log-line.ts'
import type { StateChange } from './state-change.ts'
import { clockTime, plain, toned } from './text.ts'

/** The terminal's side of a stack: what it tells becomes lines. */
export interface Console {
  say(line: string): void
  onChange(change: StateChange): void
  onLine(source: string, line: string): void
  onTrouble(text: string): void
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** @param isRaw print the functions' log lines as they are */
export function createConsole(isRaw: boolean): Console {
  return {
    say,
    onChange: change => say(changeLine(change, Date.now())),
    onLine(source, line) {
      const shown = isRaw ? line : logLine(source, line, Date.now())
      if (shown !== undefined) say(shown)
    },
    onTrouble: text => say(`${clockTime(Date.now())}  ${toned('yellow', plain(text))}`),
  }
}

const sampleBody = '{"type":"summarise-csv","input":{"csv":"city,amount\\nBerlin,2\\nOslo,40\\n"}}'

/** The one line that says that the API answers now. */
export const readyLine = (url: string): string =>
  `Lamplighter is ready on ${url} – try: ` +
  `curl -X POST ${new URL(url).host}/v1/jobs -H 'content-type: application/json' -d '${sampleBody}'`
