/** `"lamplighter"` in package.json: where the application's modules are, for laptop and cloud alike. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidInput } from '../core/values/errors.ts'

/** Paths as they are written: relative to the folder of package.json. */
export interface PackageEntry {
  readonly handlers?: string
  readonly runner?: string
  /** By queue: handlers of its worker only. */
  readonly workers: Readonly<Record<string, string>>
}

const none: PackageEntry = { workers: {} }
const keys = ['handlers', 'runner', 'workers']

/**
 * @example { "lamplighter": { "handlers": "app/handlers.ts", "workers": { "mails": { "handlers": "app/mails.ts" } } } }
 * @param folder of package.json; without one, or without the entry, nothing is named
 * @throws InvalidInput naming the field of package.json
 */
export function packageEntry(folder: string): PackageEntry {
  const entry = entryIn(join(folder, 'package.json'))
  if (entry === undefined) return none
  const given = objectIn('lamplighter', entry, 'an object with handlers, runner or workers')
  const unknown = Object.keys(given).find(key => !keys.includes(key))
  if (unknown !== undefined) throw refused(`lamplighter.${unknown}`, given[unknown], keys.join(', '), 'is unknown')
  const workers = objectIn('lamplighter.workers', given['workers'] ?? {}, 'an object: queue to its handlers')
  const { handlers, runner } = given
  return {
    ...(handlers === undefined ? {} : { handlers: pathIn('lamplighter.handlers', handlers) }),
    ...(runner === undefined ? {} : { runner: pathIn('lamplighter.runner', runner) }),
    workers: Object.fromEntries(
      Object.entries(workers).map(([queue, worker]) => {
        const field = `lamplighter.workers.${queue}`
        return [queue, pathIn(`${field}.handlers`, objectIn(field, worker, '{ "handlers": "<path>" }')['handlers'])]
      }),
    ),
  }
}

function entryIn(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  try {
    return (JSON.parse(text) as { readonly lamplighter?: unknown } | null)?.lamplighter
  } catch {
    throw new InvalidInput('package.json', path, 'JSON', 'cannot be read')
  }
}

function objectIn(field: string, value: unknown, allowed: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(field, value, allowed)
  return value as Readonly<Record<string, unknown>>
}

function pathIn(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw refused(field, value, 'the path of a module')
  return value
}

const refused = (field: string, value: unknown, allowed: string, finding?: string): InvalidInput =>
  new InvalidInput(`package.json: ${field}`, value, allowed, finding)
