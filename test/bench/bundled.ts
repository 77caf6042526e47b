import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundling } from '../../lib/bundle/bundling.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A function as it is deployed: one file. @param source TypeScript; imports are from the root of the repository */
export async function bundled(folder: string, name: string, source: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`)
  await build({
    ...bundling,
    mainFields: [...bundling.mainFields],
    absWorkingDir: root,
    stdin: { contents: source, resolveDir: root, sourcefile: `${name}.ts`, loader: 'ts' },
    outfile,
    logLevel: 'silent',
  })
  return outfile
}
