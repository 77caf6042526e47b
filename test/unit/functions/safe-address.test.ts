import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AddressRules, safeAddresses } from '../../../functions/jobs/safe-address.ts'
import { networksFrom } from '../../../functions/jobs/webhook-networks.ts'
import { FailForGood } from '../../../lib/core/definition/handler-errors.ts'

/** Every name resolves to the given addresses. */
const rulesFor = (addresses: readonly string[], networks = ''): AddressRules => ({
  lookup: () => Promise.resolve(addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))),
  networks: networksFrom(networks),
})
const check = (url: string, addresses: readonly string[] = [], networks = '') =>
  safeAddresses(new URL(url), rulesFor(addresses, networks))

const everyListable = '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,127.0.0.0/8,::1/128,fc00::/7'
const privateOnes = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fc00::1',
  'fd12:3456::1',
  '::ffff:127.0.0.1',
  '64:ff9b::10.0.0.1',
]
const neverOnes = [
  // Link-local: among them the metadata of cloud machines, and the credentials of containers.
  '169.254.169.254',
  '169.254.170.2',
  'fe80::1',
  'fe80::1%lo',
  '::ffff:a9fe:a9fe',
  '64:ff9b::169.254.169.254',
  // The same by IPv6, within the range of private networks.
  'fd00:ec2::254',
  'fd00:ec2::23',
  '0.0.0.0',
  '0.1.2.3',
  '255.255.255.255',
  '224.0.0.1',
  '240.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '::',
  '::7f00:1',
  '::ffff:0.0.0.0',
  '::ffff:0:127.0.0.1',
  'ff02::1',
  'fec0::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2001:0:1::1',
  '64:ff9b:1::7f00:1',
  '64:ff9b::',
  '4000::1',
  'not an address',
]
const publicOnes = ['8.8.8.8', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8']

describe('safeAddresses', () => {
  it.each([...privateOnes, ...neverOnes])('refuses a name that resolves to %s', async address => {
    await expect(check('https://hooks.example', [address])).rejects.toThrow(FailForGood)
  })

  it.each(publicOnes)('returns %s to connect to', async address => {
    await expect(check('https://hooks.example', [address])).resolves.toMatchObject({
      addresses: [{ address }],
      isInside: false,
    })
  })

  it('refuses a name when only the last of its addresses is private', async () => {
    await expect(check('https://hooks.example', [...publicOnes, '10.0.0.1'])).rejects.toThrow(
      'address 10.0.0.1 is refused: private',
    )
  })

  it.each(privateOnes)('returns %s to connect to, as one inside, where its network is listed', async address => {
    const found = await check('https://hooks.example', [address], everyListable)
    expect(found).toMatchObject({ addresses: [{ address }], isInside: true })
  })

  it.each(neverOnes)('refuses %s even where every network is listed that can be', async address => {
    await expect(check('https://hooks.example', [address], everyListable)).rejects.toThrow(FailForGood)
  })

  it.each([
    ['10.0.0.0/8', '10.255.255.255', '127.0.0.1'],
    ['10.1.2.0/24', '10.1.2.7', '10.1.3.7'],
    ['10.1.2.3/32', '10.1.2.3', '10.1.2.4'],
    ['fd12::/16', 'fd12:ffff::1', 'fd13::1'],
    ['127.0.0.1/32', '127.0.0.1', '127.0.0.2'],
    ['127.0.0.0/8', '::ffff:127.0.0.1', '::1'],
    ['::1/128', '::1', '127.0.0.1'],
    ['10.0.0.0/8, 192.168.0.0/16', '192.168.1.1', '172.16.0.1'],
  ])('opens with %s the address %s and not %s', async (networks, inside, outside) => {
    await expect(check('https://hooks.example', [inside], networks)).resolves.toMatchObject({ isInside: true })
    await expect(check('https://hooks.example', [outside], networks)).rejects.toThrow(FailForGood)
  })

  it('takes a name for one outside as soon as one of its addresses is public', async () => {
    const found = await check('https://hooks.example', ['10.0.0.1', '8.8.8.8'], '10.0.0.0/8')
    expect(found).toMatchObject({ isInside: false })
  })

  it.each([
    'http://127.0.0.1',
    'http://2130706433',
    'http://0x7f.1',
    'http://0177.0.0.1',
    'http://127.1',
    'http://127.0.0.1.',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://[fd00::1]:8080/path',
    'http://１２７.0.0.1',
  ])('refuses %s without a look-up', async url => {
    const rules: AddressRules = { lookup: () => Promise.reject(new Error('looked up')), networks: [] }
    await expect(safeAddresses(new URL(url), rules)).rejects.toThrow(FailForGood)
  })

  it('fails for now, not for good, when the name does not resolve', async () => {
    const gone = Object.assign(new Error('getaddrinfo ENOTFOUND hooks.example'), { code: 'ENOTFOUND' })
    const rules: AddressRules = { lookup: () => Promise.reject(gone), networks: [] }
    const failure = await safeAddresses(new URL('http://hooks.example'), rules).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'Error', message: 'host name not resolved: ENOTFOUND' })
    await expect(check('http://hooks.example', [])).rejects.toThrow('host name not resolved: no address')
  })

  it('judges an IPv4 address alike in all three notations', async () => {
    const isAllowed = (address: string) =>
      check('http://hooks.example', [address]).then(
        () => true,
        () => false,
      )
    await fc.assert(
      fc.asyncProperty(fc.ipV4(), async address => {
        const expected = await isAllowed(address)
        expect(await isAllowed(`::ffff:${address}`)).toBe(expected)
        expect(await isAllowed(`64:ff9b::${address}`)).toBe(expected)
      }),
    )
  })
})
