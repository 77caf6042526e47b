/** The OpenAPI document as the function carries it: packed, and read when somebody asks for it. */
import { brotliDecompressSync } from 'node:zlib'

let unpacked: unknown

/** The document of docs/openapi.json; loaded and unpacked when it is asked for first. */
export async function openApiDocument(): Promise<unknown> {
  // A file of its own in the API's bundle: hardly any call needs it, and each cold start would read it.
  const { packedDocument } = await import('./openapi-packed.ts')
  unpacked ??= JSON.parse(brotliDecompressSync(Buffer.from(packedDocument, 'base64')).toString())
  return unpacked
}
