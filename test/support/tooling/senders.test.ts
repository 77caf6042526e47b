/** Every message says for whom its job runs. The compiler asks each sender; there is one file that sends. */
import { describe, expect, it } from 'vitest'
import { filesIn, textOf } from './sources.ts'

const sends = /\bqueue\s*\??\.\s*send\s*\(|\{[^}]*\bsend\b[^}]*\}\s*=\s*(?:\w+\.)*queue\b/

it('only lib/app/send.ts hands messages to a queue', () => {
  const files = filesIn('lib', 'functions', 'cdk').filter(path => path.endsWith('.ts'))
  expect(files.filter(path => sends.test(textOf(path)))).toEqual(['lib/app/send.ts'])
})

describe('the gate finds', () => {
  it.each([
    'await deps.queue.send(name, [])',
    'await batch.deps.queue\n  .send(name, [])',
    'queue?.send(name, [])',
    'const { send } = deps.queue',
  ])('%s', text => expect(sends.test(text)).toBe(true))

  it('nothing in what only speaks of it', () => {
    expect(sends.test("'queue.send': true")).toBe(false)
    expect(sends.test('await sendOrPull(deps, [])')).toBe(false)
  })
})
