/** Names, versions and licences of the packages whose code is in the page. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/**
 * A text with the licence of each package that these files belong to, as the package has it.
 * @param files absolute paths of all that was bundled
 * @throws Error for a package without a licence text: nobody may publish it then
 */
export function noticesOf(files: readonly string[]): string {
  const folders = new Set(files.flatMap(file => packageFolderOf(file) ?? []))
  const notices = [...folders].map(folder => {
    const { name, version, license = 'no licence named' } = manifestIn(folder)
    const text = readdirSync(folder).find(file => /^(licen[cs]e|copying)(\.\w+)?$/i.test(file))
    if (text === undefined) throw new Error(`${name} ${version} is bundled into the page, and has no licence text`)
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, text), 'utf8').trim()}\n`
  })
  return `This page contains code of these packages.\n\n${notices.toSorted().join(`\n${'-'.repeat(72)}\n\n`)}`
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** The folder of the package that a file was installed with; undefined for a file of our own. */
function packageFolderOf(file: string): string | undefined {
  if (!/[\\/]node_modules[\\/]/.test(file)) return undefined
  let folder = dirname(file)
  // Packages have further manifests within them, which name no version.
  while (!isPackage(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return isPackage(folder) ? folder : undefined
}

const isPackage = (folder: string): boolean =>
  existsSync(join(folder, 'package.json')) && typeof manifestIn(folder).version === 'string'
