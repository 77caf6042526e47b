import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The local addresses of all TCP and UDP sockets that these processes hold, in whatever state. */
export function addressesOf(pids: readonly number[]): readonly string[] {
  return process.platform === 'linux' ? addressesFromProc(pids) : addressesFromLsof(pids)
}

/** The TCP ports on which these processes wait for connections. */
export function listeningPortsOf(pids: readonly number[]): readonly number[] {
  const ports = process.platform === 'linux' ? listeningFromProc(pids) : listeningFromLsof(pids)
  return [...new Set(ports)].toSorted((a, b) => a - b)
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

const addressesFromProc = (pids: readonly number[]): readonly string[] =>
  rowsFromProc(pids, ['tcp', 'tcp6', 'udp', 'udp6']).map(([, local = '']) => addressOf(local.split(':')[0] ?? ''))

/** State 0A is LISTEN. */
const listeningFromProc = (pids: readonly number[]): readonly number[] =>
  rowsFromProc(pids, ['tcp', 'tcp6']).flatMap(([, local = '', , state]) =>
    state === '0A' ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : [],
  )

/** The rows of the system's tables whose sockets these processes hold. */
function rowsFromProc(pids: readonly number[], tables: readonly string[]): readonly (readonly string[])[] {
  const inodes = new Set(pids.flatMap(inodesOf))
  return tables.flatMap(table =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(columns => inodes.has(columns[9] ?? '')),
  )
}

function inodesOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap(name => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1] ?? []
    } catch {
      // Closed a moment ago.
      return []
    }
  })
}

/** Hexadecimal, in groups of four bytes, each group backwards. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap(group => [...Buffer.from(group, 'hex')].toReversed())
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.slice(0, 10).every(byte => byte === 0) && bytes[10] === 0xff) return bytes.slice(12).join('.')
  return bytes.slice(0, 15).every(byte => byte === 0) && bytes[15] === 1 ? '::1' : Buffer.from(bytes).toString('hex')
}

function addressesFromLsof(pids: readonly number[]): readonly string[] {
  const text = execFileSync('lsof', ['-nP', '-a', '-i', '-p', pids.join(','), '-F', 'n'], { encoding: 'utf8' })
  return text
    .split('\n')
    .filter(line => line.startsWith('n'))
    .map(line =>
      line
        .slice(1)
        .replace(/->.*$/, '')
        .replace(/:[^:]*$/, '')
        .replace(/^\[|\]$/g, ''),
    )
}

const listeningFromLsof = (pids: readonly number[]): readonly number[] =>
  execFileSync('lsof', ['-nP', '-a', '-iTCP', '-sTCP:LISTEN', '-p', pids.join(','), '-F', 'n'], { encoding: 'utf8' })
    .split('\n')
    .flatMap(line => (line.startsWith('n') ? [Number(line.split(':').at(-1))] : []))
