import { describe, expect, it } from 'vitest'
import { networksFrom } from '../../../functions/jobs/webhook-networks.ts'

const shown = (list: string) => networksFrom(list).map(([address, bits]) => `${address.toString()}/${bits}`)

describe('networksFrom', () => {
  it.each(['', '  '])('gives none for %j', list => {
    expect(networksFrom(list)).toEqual([])
  })

  it('reads a list, whatever the space around its parts', () => {
    expect(shown(' 10.0.0.0/8,fd12::/16 ,\t127.0.0.1/32')).toEqual(['10.0.0.0/8', 'fd12::/16', '127.0.0.1/32'])
  })

  it.each([
    ['no network', '1'],
    ['no network', 'true'],
    ['an address alone', '10.0.0.1'],
    ['an address within the network', '10.1.2.3/8'],
    ['too many bits', '10.0.0.0/33'],
    ['negative bits', '10.0.0.0/-1'],
    ['everything', '0.0.0.0/0'],
    ['everything', '::/0'],
    ['more than the private network', '10.0.0.0/7'],
    ['more than the private networks', 'fc00::/6'],
    ['public addresses', '8.8.8.0/24'],
    ['link-local addresses', '169.254.0.0/16'],
    ['link-local addresses', 'fe80::/10'],
    ['mapped addresses', '::ffff:10.0.0.0/104'],
    ['a comma too many', '10.0.0.0/8,'],
    ['semicolons', '10.0.0.0/8;192.168.0.0/16'],
    ['a line break', '10.0.0.0/8\n192.168.0.0/16'],
  ])('refuses %s: %j', (_, list) => {
    expect(() => networksFrom(list)).toThrow(
      /^LAMPLIGHTER_WEBHOOK_NETWORKS holds '[^\n]*'; allowed: networks such as 10\.0\.0\.0\/8, with commas between, each within 10\.0\.0\.0\/8, .*fc00::\/7$/,
    )
  })

  it('names the part that is wrong', () => {
    expect(() => networksFrom('10.0.0.0/8,8.8.8.0/24')).toThrow("holds '8.8.8.0/24';")
  })
})
