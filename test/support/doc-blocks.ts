/** The code of a page, block by block. */
export interface Block {
  readonly language: string
  /** The file that its first line names: `// src/jobs.ts`. */
  readonly file?: string
  /** Without that line. */
  readonly text: string
}

export const blocksOf = (page: string): readonly Block[] =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => {
    const file = /^\/\/ ([\w./-]+)\n/.exec(text)
    return file === null ? { language, text } : { language, file: file[1] ?? '', text: text.slice(file[0].length) }
  })
