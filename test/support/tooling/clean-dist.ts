/** A module that is no longer there must not stay in the package. */
import { rmSync } from 'node:fs'

rmSync(new URL('../../../dist', import.meta.url), { recursive: true, force: true })
