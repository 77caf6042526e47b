/** What the local stack of Lamplighter runs on: an SQS as a module, and a DynamoDB as a program of its own. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export { buildApp } from 'fauxqs'

/** Path of dynoxide, a DynamoDB on SQLite; npm installs the one of this platform only. @throws Error without one */
export function dynoxidePath() {
  const name = `@dynoxide/${process.platform}-${process.arch}`
  try {
    const root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    return join(root, process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide')
  } catch (cause) {
    const why = `the engine of the table is not installed for this platform (package ${name})`
    throw new Error(`${why}; npm may have been told to omit optional dependencies`, { cause })
  }
}
