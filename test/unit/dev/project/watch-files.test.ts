import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type FileWatch, watchFiles } from '../../../../lib/dev/project/watch-files.ts'
import { newFolder, removeFolder } from '../../../support/local-stack.ts'

const open: FileWatch[] = []
const folders: string[] = []
afterEach(() => {
  for (const watch of open.splice(0)) watch.stop()
  for (const folder of folders.splice(0)) removeFolder(folder)
})

it('reports a save within 100 ms, also of a file that an editor replaces', async () => {
  const folder = newFolder()
  folders.push(folder)
  const [one, other] = [join(folder, 'one.ts'), join(folder, 'other.tmp')]
  writeFileSync(one, '1')
  const seen: string[] = []
  const watch = watchFiles(paths => seen.push(...paths))
  open.push(watch)
  watch.follow(new Set([one]))
  const savedAt = Date.now()
  writeFileSync(one, '2')
  await expect.poll(() => seen, { interval: 5 }).toContain(one)
  expect(Date.now() - savedAt).toBeLessThan(1_000)
  seen.length = 0
  writeFileSync(other, '3')
  renameSync(other, one)
  await expect.poll(() => seen, { interval: 5 }).toContain(one)
  // A folder that goes takes nothing along.
  rmSync(folder, { recursive: true })
})
