/** Reports saved files, as fast as the operating system does: esbuild's own watcher looks every two seconds or so. */
import { type FSWatcher, watch } from 'node:fs'
import { dirname, join } from 'node:path'

export interface FileWatch {
  /** From now on files of these folders are reported. */
  follow(files: ReadonlySet<string>): void
  stop(): void
}

/** An editor writes a file in several steps, and may write several files (milliseconds). */
const settleMs = 10

/** @param onChange gets the absolute paths of all that changed in the folders, also of files that nobody asked for */
export function watchFiles(onChange: (paths: ReadonlySet<string>) => void): FileWatch {
  const watchers = new Map<string, FSWatcher>()
  let changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const report = (): void => {
    timer = undefined
    const paths = changed
    changed = new Set()
    onChange(paths)
  }
  const see = (folder: string, name: string | null): void => {
    if (name === null) return
    changed.add(join(folder, name))
    timer ??= setTimeout(report, settleMs)
  }
  return {
    follow(files) {
      const folders = new Set([...files].map(dirname))
      for (const [folder, watcher] of watchers) {
        if (folders.has(folder)) continue
        watcher.close()
        watchers.delete(folder)
      }
      // Folders, not files: editors replace a file by another one of its name.
      for (const folder of folders) {
        if (watchers.has(folder)) continue
        const watcher = watch(folder, (_, name) => see(folder, name))
        // A folder that is deleted: what was built from it goes on.
        watcher.on('error', () => watchers.delete(folder))
        watchers.set(folder, watcher)
      }
    },
    stop() {
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}
