/** Finds links of a document that lead nowhere within the repository. */
import { posix } from 'node:path'

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```/gm, '')

const anchorsOf = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

export function linkFaults(
  path: string,
  textOf: (path: string) => string,
  exists: (path: string) => boolean,
): readonly string[] {
  const links = [...withoutCode(textOf(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.flatMap(link => {
    if (/^[a-z]+:/.test(link)) return []
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : posix.join(posix.dirname(path), file)
    if (!exists(target)) return [`${path} links to ${link}: no such file`]
    const isFound = anchor === undefined || anchorsOf(textOf(target)).includes(anchor)
    return isFound ? [] : [`${path} links to ${link}: no such heading`]
  })
}
