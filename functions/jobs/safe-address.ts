/** Keeps a URL that somebody else chose from reaching into the own network. */
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { FailForGood } from '../../lib/core/definition/handler-errors.ts'

/** All addresses of a host name. */
type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

export interface AddressRules {
  readonly lookup: Lookup
  /** Lets private, loopback and link-local addresses pass: for local work, or receivers in the own network. */
  readonly isPrivateAllowed: boolean
}

const privateRanges = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat'])
/** All that is routed as global unicast (RFC 4291, 2.4). What lies outside has no business on the internet. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')
/** How IPv6-only networks reach IPv4 (RFC 6052): the last four bytes are the IPv4 address. */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * The addresses to connect to, each of them checked. Connect to these, not to the name: a second look-up could answer
 * something else.
 * @throws FailForGood when one of them is refused; Error when the name cannot be resolved
 */
export async function safeAddresses(url: URL, rules: AddressRules): Promise<readonly LookupAddress[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = isIP(host) === 0 ? await resolved(host, rules.lookup) : [{ address: host, family: isIP(host) }]
  for (const { address } of addresses) {
    const range = rangeOf(address)
    if (range === 'unicast' || (rules.isPrivateAllowed && privateRanges.has(range))) continue
    throw new FailForGood(`address ${address} is refused: ${range}`)
  }
  return addresses
}

async function resolved(host: string, lookup: Lookup): Promise<readonly LookupAddress[]> {
  const addresses = await lookup(host).catch((thrown: unknown) => {
    throw new Error(`host name not resolved: ${codeOf(thrown)}`)
  })
  if (addresses.length === 0) throw new Error('host name not resolved: no address')
  return addresses
}

/** The name of an address's range as ipaddr.js gives it; `unicast` is what the internet routes. */
function rangeOf(text: string): string {
  if (!ipaddr.isValid(text)) return 'invalid'
  // Turns an IPv4-mapped IPv6 address into the IPv4 address that the system would connect to.
  const address = ipaddr.process(text)
  if (!(address instanceof ipaddr.IPv6)) return address.range()
  if (address.match(translated)) return ipaddr.fromByteArray(address.toByteArray().slice(12)).range()
  const range = address.range()
  return range === 'unicast' && !address.match(globalUnicast) ? 'reserved' : range
}

/** `ECONNREFUSED`, `ENOTFOUND` …: Node's own words. The whole error may quote what the other side sent. */
export function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown error'
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message
}
