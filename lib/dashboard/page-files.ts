import { readdirSync, readFileSync } from 'node:fs'

/** By the path under which each is served. The script loads others than these three late. */
export type PageFiles = Readonly<Record<'/index.html' | '/assets/app.js' | '/assets/app.css', Buffer>> &
  Readonly<Record<string, Buffer>>

/** @param folder as `npm run build` writes it: `index.html`, next to all that is served below `/assets/` */
export function readPage(folder: URL): PageFiles {
  const read = (name: string): Buffer => readFileSync(new URL(name, folder))
  const assets = readdirSync(folder).filter(name => name !== 'index.html')
  return {
    '/index.html': read('index.html'),
    '/assets/app.js': read('app.js'),
    '/assets/app.css': read('app.css'),
    ...Object.fromEntries(assets.map(name => [`/assets/${name}`, read(name)] as const)),
  }
}
