/** A bucket of S3 for a local stack: one folder, a file for each object. It knows to put and to get one. */

import { once } from 'node:events'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface FolderBucket {
  readonly endpoint: string
  readonly bucket: string
  stop(): Promise<void>
}

const bucket = 'lamplighter-payloads'

/** On 127.0.0.1 only. A request that a web page sends is refused: it has an origin. */
export async function startFolderBucket(folder: string): Promise<FolderBucket> {
  await mkdir(folder, { recursive: true })
  const server = createServer((request, response) => {
    answer(folder, request, response).catch((error: unknown) => {
      response.writeHead(500).end(`<Error><Code>InternalError</Code><Message>${String(error)}</Message></Error>`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const [, name, ...key] = pathname.split('/').map(decodeURIComponent)
  if (request.headers.origin !== undefined || name !== bucket || key.length === 0) {
    return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
  }
  // One name for the whole key: no part of it can lead out of the folder.
  const file = join(folder, encodeURIComponent(key.join('/')))
  if (request.method === 'PUT') {
    const parts: Uint8Array[] = []
    for await (const part of request) parts.push(part as Uint8Array)
    const half = `${file}.half`
    await writeFile(half, Buffer.concat(parts))
    await rename(half, file)
    return void response.writeHead(200).end()
  }
  const found = await readFile(file).catch(() => undefined)
  if (found === undefined) response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
  else response.writeHead(200).end(found)
}
