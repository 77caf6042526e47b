import { describe, expect, it } from 'vitest'
import { example } from '../../../../functions/local/samples.ts'
import { readyText } from '../../../../lib/dev/terminal/console.ts'

describe('the line that says that the API answers', () => {
  it('is one line for a program that reads it', () => {
    expect(readyText('http://127.0.0.1:8787', { type: 'a', input: {} }, false)).toBe(
      `Lamplighter is ready on http://127.0.0.1:8787 – try: curl -X POST 127.0.0.1:8787/v1/jobs -H 'content-type: application/json' -d '{"type":"a","input":{}}'`,
    )
  })

  it('fits 80 columns on a terminal, as a command that can be pasted', () => {
    const lines = readyText('http://127.0.0.1:65535', example, true).split('\n')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
    expect(lines[1]).toMatch(/^curl .* \\$/)
    expect(lines[2]).toMatch(/^-d '.*'$/)
  })
})
