/** Writes dist/dashboard, for `npm run build`: whoever installs the package needs neither Preact nor a bundler. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from '../../../lib/dashboard/bundle-page.ts'

const folder = fileURLToPath(new URL('../../../dist/dashboard', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [path, bytes] of Object.entries(await bundlePage())) writeFileSync(join(folder, basename(path)), bytes)
