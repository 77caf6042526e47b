/** The private networks that webhooks may reach: a list, so that it opens nothing else. */
import ipaddr from 'ipaddr.js'
import { show } from '../../lib/core/values/errors.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6
export type Network = [Address, number]

/** Only these may be listed. Link-local addresses are not among them: cloud machines have their credentials there. */
const listable = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '::1/128',
  'fc00::/7',
]
const listableNetworks = listable.map(text => ipaddr.parseCIDR(text))
/** AWS keeps these for itself: metadata, credentials and name servers. docs.aws.amazon.com/vpc …/subnet-sizing.html */
const awsNetwork = ipaddr.parseCIDR('fd00:ec2::/32')

/**
 * The networks in a list such as `10.0.0.0/8,fd12::/16`; none in an empty one.
 * @throws Error naming the part that is wrong, and what is allowed
 */
export function networksFrom(list: string): readonly Network[] {
  if (list.trim() === '') return []
  return list.split(',').map(part => {
    const network = networkFrom(part.trim())
    if (network !== undefined) return network
    throw new Error(
      `LAMPLIGHTER_WEBHOOK_NETWORKS holds ${show(part.trim())}; allowed: networks such as 10.0.0.0/8, with commas between, each within ${listable.join(', ')}`,
    )
  })
}

function networkFrom(text: string): Network | undefined {
  if (!ipaddr.isValidCIDR(text)) return undefined
  const [address, bits] = ipaddr.parseCIDR(text)
  const isWithin = listableNetworks.some(outer => outer[1] <= bits && isIn(address, [outer]))
  // An address with bits beyond the prefix names a machine, and probably not the network that was meant.
  const isFirst = firstOf(text, address) === address.toString()
  return isWithin && isFirst ? [address, bits] : undefined
}

const firstOf = (cidr: string, address: Address): string =>
  (address.kind() === 'ipv4'
    ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
    : ipaddr.IPv6.networkAddressFromCIDR(cidr)
  ).toString()

/** Whether one of the networks holds the address. None ever holds an address that AWS keeps for itself. */
export const isInNetworks = (address: Address, networks: readonly Network[]): boolean =>
  !isIn(address, [awsNetwork]) && isIn(address, networks)

const isIn = (address: Address, networks: readonly Network[]): boolean =>
  ipaddr.subnetMatch(address, { listed: [...networks] }, 'other') === 'listed'
