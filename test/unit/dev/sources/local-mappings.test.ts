import { afterEach, expect, it } from 'vitest'
import { mappingsFrom } from '../../../../lib/aws/event-source-mappings.ts'
import { mappingsEnvironment } from '../../../../lib/dev/engines/environment.ts'
import { type LocalMappings, startMappings } from '../../../../lib/dev/sources/local-mappings.ts'
import { systemClock } from '../../../../lib/system/clock.ts'

let started: LocalMappings | undefined
afterEach(() => started?.stop())

const credentials = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }

async function kit() {
  started = await startMappings({ mails: 10 })
  Object.assign(process.env, credentials)
  const mappings = mappingsFrom(mappingsEnvironment(started.endpoint, ['mails']), systemClock)
  if (mappings === undefined) throw new Error('no mappings')
  return { started, mappings }
}

it('is read and changed as Lambda’s API is: what was changed is seen at once', async () => {
  const { started: local, mappings } = await kit()
  expect(await mappings.read('mails')).toEqual({ state: 'Enabled', concurrency: 10 })
  await mappings.update('mails', { concurrency: 40 })
  expect(local.of('mails')).toEqual({ state: 'Enabled', concurrency: 40 })
  await mappings.update('mails', { isEnabled: false })
  expect(await mappings.read('mails')).toEqual({ state: 'Disabled', concurrency: 40 })
  await mappings.update('mails', { isEnabled: true })
  expect(await mappings.read('mails')).toEqual({ state: 'Enabled', concurrency: 40 })
})

it('a queue without a mapping has none, and is left alone', async () => {
  const { mappings } = await kit()
  expect(await mappings.read('gone')).toBeUndefined()
  await mappings.update('gone', { isEnabled: false })
})

it('is Unavailable where Lambda does not answer, or has no such mapping', async () => {
  const { started: local } = await kit()
  const other = mappingsFrom(mappingsEnvironment(local.endpoint, ['other']), systemClock)
  await expect(other?.read('other')).rejects.toThrow('Lambda: status 404')
  await local.stop()
  started = undefined
  await expect(other?.update('other', { isEnabled: false })).rejects.toThrow('Lambda')
})

it('no page gets an answer', async () => {
  const { started: local } = await kit()
  const url = `${local.endpoint}/2015-03-31/event-source-mappings/mails`
  expect((await fetch(url)).status).toBe(200)
  expect((await fetch(url, { headers: { origin: 'https://evil.example' } })).status).toBe(404)
})

it('without its variable there are no mappings; nonsense in it is refused', () => {
  expect(mappingsFrom({}, systemClock)).toBeUndefined()
  expect(() => mappingsFrom({ LAMPLIGHTER_MAPPINGS: '{' }, systemClock)).toThrow('LAMPLIGHTER_MAPPINGS')
})
