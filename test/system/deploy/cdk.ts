/** The CDK's own command line, on an app of the tests. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { simplify } from './for-emulator.ts'

const cli = fileURLToPath(new URL('../../../node_modules/aws-cdk/bin/cdk', import.meta.url))
const withinMs = 110_000

export interface CdkApp {
  /** The folder that the app runs in. */
  readonly folder: string
  /** @default what cdk.json says */
  readonly command?: string
}

/** Name → value, of the app's one stack. */
export type Outputs = Readonly<Record<string, string>>

/** @throws Error with all that was printed when it does not end with 0 */
export async function cdk(args: readonly string[], app?: CdkApp): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'lamplighter-deploy-'))
  const output = args.includes('--output') ? [] : ['--output', join(scratch, 'cdk.out')]
  const how = ['--ci', '--no-notices', ...output]
  const what = app?.command === undefined ? [] : ['--app', app.command]
  try {
    return await node([cli, ...args, ...how, ...what], app?.folder ?? scratch)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function node(args: readonly string[], cwd: string): Promise<string> {
  // What runs in a test must not take itself for a part of it.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_)/.test(name)))
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...args],
      { cwd, env, timeout: withinMs, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(`${stdout}\n${stderr}`)
        else reject(new Error(`node ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error }))
      },
    )
  })
}

/** `cdk synth` and `cdk deploy` of the app's one stack. */
export async function deploy(app: CdkApp, ...more: readonly string[]): Promise<Outputs> {
  const scratch = mkdtempSync(join(tmpdir(), 'lamplighter-outputs-'))
  const file = join(scratch, 'outputs.json')
  const assembly = join(scratch, 'cdk.out')
  try {
    await cdk(['synth', '--all', '--quiet', '--output', assembly, ...more], app)
    simplify(assembly)
    const options = ['--require-approval', 'never', '--outputs-file', file, '--app', assembly]
    await cdk(['deploy', '--all', ...options], { folder: app.folder })
    const stacks = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Outputs>
    const [outputs, ...others] = Object.values(stacks)
    if (outputs === undefined || others.length > 0) throw new Error(`not one stack: ${Object.keys(stacks).join(', ')}`)
    return outputs
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

export const destroy = (app: CdkApp): Promise<string> => cdk(['destroy', '--all', '--force'], app)
