import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeForDev } from '../../../../lib/cli/dev/node-for-dev.ts'

const folder = mkdtempSync(join(tmpdir(), 'lamplighter-node-'))
const packageFolder = join(folder, 'node_modules/node')
afterEach(() => rmSync(packageFolder, { recursive: true, force: true }))

const program = join(packageFolder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
function installNode(version: string, hasProgram = true): void {
  mkdirSync(join(packageFolder, 'bin'), { recursive: true })
  writeFileSync(join(packageFolder, 'package.json'), JSON.stringify({ name: 'node', version }))
  if (hasProgram) writeFileSync(program, '')
}

describe('the Node that runs lamplighter dev', () => {
  it.each(['22.13.0', '22.23.3', '23.0.0', '24.21.0', '100.0.0'])('is this one if it is %s', version => {
    installNode('24.0.0')
    expect(nodeForDev(version, folder)).toEqual({ kind: 'this' })
  })

  it.each(['20.20.2', '22.12.0', '22.5.1'])('is the one that the project has installed if this is %s', version => {
    installNode('24.21.0')
    expect(nodeForDev(version, folder)).toEqual({ kind: 'other', path: program })
  })

  it('is asked for in one line where there is none', () => {
    expect(() => nodeForDev('20.20.2', folder)).toThrow(
      "Node is '20.20.2'; allowed: Node 22.13 or later, which `lamplighter dev` needs; `npm i -D node@24` brings one",
    )
  })

  it.each([
    ['is too old as well', '20.0.0', true],
    ['has no program for this platform', '24.0.0', false],
  ])('is asked for where the installed one %s', (_, version, hasProgram) => {
    installNode(version, hasProgram)
    expect(() => nodeForDev('22.12.0', folder)).toThrow(/allowed: Node 22\.13 or later/)
  })
})
