/** Which API a command line is for: a local stack, an address, or a deployed stack by its name. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { AwsRequests } from '../aws/signed-fetch.ts'
import { InvalidInput, LamplighterError } from '../core/values/errors.ts'
import type { Endpoint } from './api.ts'
import type { Terminal } from './terminal.ts'

/** What a command line says about it. */
export interface TargetOptions {
  readonly local?: true
  readonly url?: string
  readonly stack?: string
  readonly table?: string
  readonly records?: string
  readonly contracts?: string
  readonly region?: string
  readonly profile?: string
}

/** The stack has no API, or several. */
class NoTarget extends LamplighterError {
  override readonly name = 'NoTarget'
  readonly code = 'no_target'
}

const defaultUrl = 'http://127.0.0.1:8787'
const urlRule = 'the address of an HTTP API: http on this machine, https elsewhere; without a path behind its stage'
/** Each names a target; a command line has one of them. */
const names = ['local', 'stack', 'url', 'table'] as const

/**
 * `--local`, `--stack`, `--url` or `--table`; else LAMPLIGHTER_URL; else the local stack of the working folder.
 * @throws InvalidInput, NoTarget, NotAllowed, Unavailable
 */
export async function findEndpoint(target: TargetOptions, terminal: Terminal): Promise<Endpoint> {
  const [first, second] = names.filter(name => target[name] !== undefined)
  if (first !== undefined && second !== undefined) {
    throw new InvalidInput(`--${second}`, target[second], `one target; --${first} names another`, 'is given')
  }
  const { url, stack, local, table } = target
  const { LAMPLIGHTER_URL: own } = terminal.environment
  if (stack !== undefined) return deployed(stack, target, terminal)
  if (table !== undefined) {
    const { LAMPLIGHTER_RECORDS: records, LAMPLIGHTER_QUEUES: queues } = terminal.environment
    const given = { table, records: target.records ?? records, queues }
    return (await import('./table-target.ts')).tableEndpoint(given, target, terminal)
  }
  if (url !== undefined) return addressed({ field: '--url', text: url }, target, terminal)
  if (local === undefined && own !== undefined && own !== '') {
    return addressed({ field: 'LAMPLIGHTER_URL', text: own }, target, terminal)
  }
  const hint = 'is a local stack running? `npx lamplighter dev` begins one; --stack and --url name another target'
  return { url: localUrl(terminal.folder), hint, send: request => terminal.fetch(request) }
}

/** The address that the stack of this folder has noted; it may have ended since. */
function localUrl(folder: string): string {
  try {
    return parseEnv(readFileSync(join(folder, '.lamplighter', 'env'), 'utf8'))['LAMPLIGHTER_URL'] ?? defaultUrl
  } catch {
    return defaultUrl
  }
}

const isLoopback = ({ hostname }: URL): boolean => /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/.test(hostname)

interface Address {
  /** Where it was given. */
  readonly field: string
  readonly text: string
  /** Name of the stack, where it is known. */
  readonly stack?: string
}

async function addressed(address: Address, target: TargetOptions, terminal: Terminal): Promise<Endpoint> {
  const parsed = checkedUrl(address)
  const url = parsed.href.replace(/\/$/, '')
  const label = address.stack ?? parsed.hostname
  const { LAMPLIGHTER_TOKEN: token } = terminal.environment
  if (token !== undefined && token !== '') {
    return {
      url,
      ...(isLoopback(parsed) ? {} : { label: `${label}  with LAMPLIGHTER_TOKEN` }),
      send: request => terminal.fetch(withToken(request, token)),
    }
  }
  if (isLoopback(parsed)) return { url, send: request => terminal.fetch(request) }
  const region = target.region ?? regionIn(parsed.hostname)
  const { awsLine } = await import('../aws/signed-fetch.ts')
  const aws = await awsOf({ ...target, ...(region === undefined ? {} : { region }) }, terminal)
  const [where, caller] = await Promise.all([aws.region(), aws.caller()])
  return { url, label: awsLine(label, where, caller), send: request => aws.send('execute-api', request) }
}

/** @throws InvalidInput */
function checkedUrl({ field, text }: Address): URL {
  const parsed = URL.parse(text)
  const isFit =
    parsed !== null &&
    (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed))) &&
    parsed.search === '' &&
    parsed.hash === '' &&
    parsed.username === ''
  if (!isFit) throw new InvalidInput(field, text, urlRule)
  return parsed
}

/** Of an API with an authorizer for JWTs. */
function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`)
  return request
}

/** `abc.execute-api.eu-west-1.amazonaws.com`; a domain of one's own does not say. */
const regionIn = (hostname: string): string | undefined =>
  /\.execute-api\.([a-z0-9-]+)\.amazonaws\./.exec(hostname)?.[1]

async function deployed(stack: string, target: TargetOptions, terminal: Terminal): Promise<Endpoint> {
  const aws = await awsOf(target, terminal)
  const outputs = await aws.stackOutputs(stack)
  const urls = [...outputs].filter(([name]) => name.endsWith('ApiUrl'))
  const [first, ...others] = urls
  if (first === undefined) return withoutApi(stack, outputs, target, terminal)
  if (others.length > 0) {
    const found = urls.map(([name, url]) => `${name} ${url}`).join(', ')
    throw new NoTarget(`the stack ${stack} has several APIs: ${found}; name one with --url`)
  }
  return addressed({ field: '--stack', text: first[1], stack }, { ...target, region: await aws.region() }, terminal)
}

/** Made with `api: false`: its tables are asked. */
async function withoutApi(
  stack: string,
  outputs: ReadonlyMap<string, string>,
  target: TargetOptions,
  terminal: Terminal,
): Promise<Endpoint> {
  const all = (ending: string) => [...outputs].filter(([name]) => name.endsWith(ending)).map(([, value]) => value)
  const tables = all('TableName').filter(value => !all('RecordTableName').includes(value))
  const [table, ...more] = tables
  if (table === undefined || more.length > 0) {
    const found = tables.length === 0 ? 'no JobRunner' : `${tables.length} JobRunners, none with an API`
    throw new NoTarget(`the stack ${stack} has ${found}; name a table with --table`)
  }
  const [records] = all('RecordTableName')
  const [queues] = all('QueueUrls')
  const { tableEndpoint } = await import('./table-target.ts')
  return tableEndpoint({ table, records, queues, stack }, target, terminal)
}

/** Loaded only where it is needed: a local stack takes requests that nobody signed. */
async function awsOf({ region, profile }: TargetOptions, terminal: Terminal): Promise<AwsRequests> {
  const { awsRequests } = await import('../aws/signed-fetch.ts')
  return awsRequests({
    fetch: terminal.fetch,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  })
}
