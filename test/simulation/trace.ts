/** What has happened, as a hash of everything and the last lines in words. */
export class Trace {
  readonly #last: string[] = []
  readonly #show: (line: string) => void
  #hash = 0x811c9dc5
  #lines = 0

  constructor(show: (line: string) => void = () => {}) {
    this.#show = show
  }

  add(atMs: number, text: string): void {
    const line = `${(atMs / 1_000).toFixed(3).padStart(10)}  ${text}`
    let hash = this.#hash
    for (let index = 0; index < line.length; index += 1) hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193)
    this.#hash = hash
    this.#show(line)
    this.#lines += 1
    this.#last.push(line)
    if (this.#last.length > 4 * kept) this.#last.splice(0, 3 * kept)
  }

  get hash(): string {
    return `${(this.#hash >>> 0).toString(16).padStart(8, '0')}-${this.#lines}`
  }

  get last(): readonly string[] {
    return this.#last.slice(-kept)
  }
}

const kept = 60
