/** The OpenAPI document as the function carries it: packed, for the text itself is a tenth of a bundle's budget. */
import { brotliDecompressSync } from 'node:zlib'
import { packedDocument } from './openapi-packed.ts'

let unpacked: unknown

/** The document of docs/openapi.json; unpacked when it is asked for first. */
export function openApiDocument(): unknown {
  unpacked ??= JSON.parse(brotliDecompressSync(Buffer.from(packedDocument, 'base64')).toString())
  return unpacked
}
