import { readFileSync } from 'node:fs'

/** What the handlers wrote down. */
export interface Journal {
  readonly starts: ReadonlyMap<string, number>
  readonly effects: ReadonlyMap<string, number>
  /** Processes that are in the middle of a run: started, and no effect yet. */
  readonly busyPids: readonly number[]
}

export function readJournal(path: string): Journal {
  const starts = new Map<string, number>()
  const effects = new Map<string, number>()
  const open = new Map<string, number>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [what, id = '', attempt = '', pid] = line.split(' ')
    if (what === 'start') {
      starts.set(id, (starts.get(id) ?? 0) + 1)
      open.set(`${id} ${attempt}`, Number(pid))
    }
    if (what === 'effect') {
      effects.set(id, (effects.get(id) ?? 0) + 1)
      open.delete(`${id} ${attempt}`)
    }
  }
  return { starts, effects, busyPids: [...new Set(open.values())] }
}
