import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job } from '../../lib/core/job/job.ts'
import { type DevStack, type DevStackOptions, startDevStack } from '../../lib/dev/dev-stack.ts'
import { lamps } from './fixtures/lamps/lamps.ts'

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'lamplighter-test-'))
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** A stack with the fixtures' jobs, and what it tells. */
export class TestStack {
  readonly stack: DevStack
  readonly changes: Job[]
  readonly lines: string[]
  readonly troubles: string[]
  readonly #news: EventEmitter

  private constructor(stack: DevStack, seen: Pick<TestStack, 'changes' | 'lines' | 'troubles'>, news: EventEmitter) {
    this.stack = stack
    this.changes = seen.changes
    this.lines = seen.lines
    this.troubles = seen.troubles
    this.#news = news
  }

  static async start(options: Partial<DevStackOptions> & Pick<DevStackOptions, 'dataDir'>): Promise<TestStack> {
    const seen: Pick<TestStack, 'changes' | 'lines' | 'troubles'> = { changes: [], lines: [], troubles: [] }
    const news = new EventEmitter().setMaxListeners(100)
    const stack = await startDevStack({
      ...lamps,
      tickMs: 1_000,
      ...options,
      onChange: ({ after }) => seen.changes.push(after) && news.emit('news'),
      onLine: (_, line) => seen.lines.push(line) && news.emit('news'),
      onTrouble: text => seen.troubles.push(text) && news.emit('news'),
    })
    return new TestStack(stack, seen, news)
  }

  /** @returns the id */
  async enqueue(type: string, input: unknown, more: object = {}): Promise<string> {
    return enqueueAt(this.stack.url, type, input, more)
  }

  async get(id: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.stack.url}/v1/jobs/${id}`)
    return (await response.json()) as Record<string, unknown>
  }

  /** The first change that fits, now or later. */
  async change(isIt: (job: Job) => boolean): Promise<Job> {
    return this.#until(() => this.changes.find(isIt))
  }

  /** The first log line that fits, now or later. */
  async line(isIt: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    return this.#until(() => this.lines.map(asEntry).find(isIt))
  }

  async #until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      await once(this.#news, 'news')
    }
  }
}

export async function enqueueAt(url: string, type: string, input: unknown, more: object = {}): Promise<string> {
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type, input, ...more }),
  })
  const text = await response.text()
  if (response.status !== 201) throw new Error(`${response.status} ${text}`)
  return (JSON.parse(text) as { id: string }).id
}

function asEntry(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}
