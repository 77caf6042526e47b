/** The API's own description. */
import * as v from 'valibot'
import { openApiDocument } from '../openapi-document.ts'
import { route } from '../route.ts'

const openApi = route({
  id: 'getOpenApi',
  method: 'GET',
  path: '/v1/openapi.json',
  scope: 'read',
  group: 'API',
  summary: 'This API as an OpenAPI 3.1 document',
  answers: [{ status: 200, description: 'The document.', schema: v.record(v.string(), v.unknown()) }],
  handle: async () => ({ status: 200, body: await openApiDocument() }),
})

export const documentRoutes = [openApi]
