/**
 * A worker that ends itself with SIGKILL at a moment around its first commit: `before`, `answered`, or so many milliseconds
 * after the transaction was sent, which is in flight then, or answered, or recorded, or its message is acknowledged.
 */
import { env, kill, pid } from 'node:process'
import { awsDeps } from '../../../lib/aws/connect.ts'
import { handle } from '../../../lib/define/handle.ts'
import type { TransactOutcome } from '../../../lib/ports/record-store.ts'
import { pump } from '../../support/pump.ts'
import { both, receipt, runner, transfer } from './bank-kit.ts'

const names = JSON.parse(env['BANK_NAMES'] ?? '') as { table: string; records: string; queues: { default: string } }
const aheadMs = Number(env['BANK_AHEAD_MS'])
const moment = env['BANK_MOMENT'] ?? ''
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const die = () => kill(pid, 'SIGKILL')
const { clock, records, ...ports } = awsDeps(runner, names, { emit: () => {} })

async function transact(...call: Parameters<typeof records.transact>): Promise<TransactOutcome> {
  if (moment === 'before') die()
  const sent = records.transact(...call)
  if (moment === 'answered') await sent.finally(die)
  else setTimeout(die, Number(moment))
  return sent
}

const deps = {
  ...ports,
  clock: { ...clock, now: () => clock.now() + aheadMs },
  records: new Proxy(records, {
    get: (target, name) => {
      if (name === 'transact') return transact
      const member: unknown = Reflect.get(target, name, target)
      // Members of a class: they need their own receiver.
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  }),
  loggerFor: () => silent,
}

const handlers = [
  handle(transfer, async (order, ctx) => void (await ctx.commit(both(order)))),
  handle(receipt, () => {}),
]
await pump(deps, handlers, 'default', names.queues.default)
