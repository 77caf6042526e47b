/** Packs both packages before the first test of the lane: each build takes 20 s, and seven files ask for one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packedFolders, packInto, tarballFolder } from './pack.ts'

const scratch = mkdtempSync(join(tmpdir(), 'lamplighter-packed-'))

export async function setup(): Promise<void> {
  for (const ofFolder of packedFolders) await packInto(ofFolder, tarballFolder(scratch, ofFolder))
  process.env['LAMPLIGHTER_PACKED'] = scratch
}

export const teardown = (): void => rmSync(scratch, { recursive: true, force: true })
