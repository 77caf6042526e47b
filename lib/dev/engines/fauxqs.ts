import type { AddressInfo } from 'node:net'
import { isFromPage, loopback } from '../loopback.ts'
import { loadEngines } from './load-engines.ts'

export interface Fauxqs {
  readonly endpoint: string
  /**
   * Where a queue is found. Not what CreateQueue answers: that names a host `sqs.<region>.localhost`, which not every
   * machine resolves.
   */
  queueUrl(name: string): string
  /** Makes the queue unless it is there. Attributes are SQS's own, as text. @returns its URL */
  createQueue(name: string, attributes?: Readonly<Record<string, string>>): Promise<string>
  stop(): Promise<void>
}

/**
 * Starts fauxqs, an SQS in this process and in memory, on 127.0.0.1 and a free port. It takes any credentials, and its
 * query protocol takes plain forms. Thus it refuses what comes from a web page.
 */
export async function startFauxqs(): Promise<Fauxqs> {
  const { buildApp } = await loadEngines()
  // Not fauxqs' own starter: it listens on all interfaces.
  const app = buildApp({ logger: false })
  app.addHook('onRequest', async (request, reply) => {
    if (isFromPage(request.headers)) await reply.code(421).send()
  })
  await app.listen({ host: loopback, port: 0 })
  const { port } = app.server.address() as AddressInfo
  const endpoint = `http://${loopback}:${port}`
  const queueUrl = (name: string) => `${endpoint}/000000000000/${name}`
  return {
    endpoint,
    queueUrl,
    async createQueue(name, attributes = {}) {
      const answer = await app.inject({
        method: 'POST',
        url: '/',
        headers: {
          host: `${loopback}:${port}`,
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'AmazonSQS.CreateQueue',
        },
        payload: JSON.stringify({ QueueName: name, Attributes: attributes }),
      })
      if (answer.statusCode !== 200) throw new Error(`queue ${name} was not created: ${answer.body}`)
      return queueUrl(name)
    },
    async stop() {
      await app.close()
    },
  }
}
