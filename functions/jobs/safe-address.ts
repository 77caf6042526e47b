/** Stops a URL of somebody else from reaching into the private network. */
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { FailForGood } from '../../lib/core/definition/handler-errors.ts'
import { isInNetworks, type Network } from './webhook-networks.ts'

/** All addresses of a host name. */
type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

export interface AddressRules {
  readonly lookup: Lookup
  /** Private networks that may be reached. All others that are not public are refused. */
  readonly networks: readonly Network[]
}

/** Addresses to connect to, each of them checked. */
export interface SafeAddresses {
  readonly addresses: readonly LookupAddress[]
  /** Whether all of them are in the listed networks, and none is public. */
  readonly isInside: boolean
}

/** Link-local addresses are never reached: cloud machines have their credentials there. */
const listableRanges = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat'])
/** All that is routed as global unicast (RFC 4291, 2.4). What lies outside has no business on the internet. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')
/** How IPv6-only networks reach IPv4 (RFC 6052): the last four bytes are the IPv4 address. */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * The addresses to connect to. Connect to these, not to the name: a second look-up could answer something else.
 * @throws FailForGood when one of them is refused; Error when the name cannot be resolved
 */
export async function safeAddresses(url: URL, rules: AddressRules): Promise<SafeAddresses> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = isIP(host) === 0 ? await resolved(host, rules.lookup) : [{ address: host, family: isIP(host) }]
  let isInside = true
  for (const { address } of addresses) {
    const { range, target } = judged(address)
    if (range === 'unicast') isInside = false
    else if (target === undefined || !listableRanges.has(range) || !isInNetworks(target, rules.networks)) {
      throw new FailForGood(`address ${address} is refused: ${range}`)
    }
  }
  return { addresses, isInside }
}

async function resolved(host: string, lookup: Lookup): Promise<readonly LookupAddress[]> {
  const addresses = await lookup(host).catch((thrown: unknown) => {
    throw new Error(`host name not resolved: ${codeOf(thrown)}`)
  })
  if (addresses.length === 0) throw new Error('host name not resolved: no address')
  return addresses
}

/**
 * The address that the system or the network would connect to in the end, and the name of its range as ipaddr.js gives
 * it; `unicast` is what the internet routes.
 */
function judged(text: string): { readonly range: string; readonly target?: ipaddr.IPv4 | ipaddr.IPv6 } {
  if (!ipaddr.isValid(text)) return { range: 'invalid' }
  // Turns an IPv4-mapped IPv6 address into the IPv4 address.
  const address = ipaddr.process(text)
  if (!(address instanceof ipaddr.IPv6)) return { range: address.range(), target: address }
  if (address.match(translated)) {
    const target = ipaddr.fromByteArray(address.toByteArray().slice(12))
    return { range: target.range(), target }
  }
  const range = address.range()
  return { range: range === 'unicast' && !address.match(globalUnicast) ? 'reserved' : range, target: address }
}

/** `ECONNREFUSED`, `ENOTFOUND` …: Node's own words. The whole error may quote what the other side sent. */
export function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown error'
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message
}
