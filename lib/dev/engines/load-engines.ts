import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { buildApp } from 'fauxqs'
import { LamplighterError } from '../../core/values/errors.ts'

/** What the package `lamplighter-engines` exports. */
interface EnginesPackage {
  readonly buildApp: typeof buildApp
  readonly dynoxidePath: () => string
}

/** The engines are a package of their own, so that nobody who installs Lamplighter gets a database with it. */
class EnginesMissing extends LamplighterError {
  override readonly name = 'EnginesMissing'
  readonly code = 'engines_missing'
}

/**
 * Looks in the working directory's project first, then beside Lamplighter.
 * @throws EnginesMissing
 */
export async function loadEngines(): Promise<EnginesPackage> {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    const path = resolved(from)
    if (path !== undefined) return (await import(pathToFileURL(path).href)) as EnginesPackage
  }
  throw new EnginesMissing('the engines of the local stack are not installed: npm i -D lamplighter-engines')
}

function resolved(from: string): string | undefined {
  try {
    return createRequire(from).resolve('lamplighter-engines')
  } catch {
    return undefined
  }
}
