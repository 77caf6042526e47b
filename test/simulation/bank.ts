/** Accounts in a table of the application's own, and the transactions in which handlers move money and end their jobs. */
import type { TransactItem } from '../../lib/core/definition/transact-item.ts'
import type { ActionReason, TransactAction, TransactOutcome } from '../../lib/ports/record-store.ts'
import type { Proc } from './proc.ts'
import type { Table } from './table.ts'

/** How long a token stands for its transaction. */
const tokenMs = 600_000
const names = ['ada', 'bob', 'cy', 'dot'] as const
const opening = 1_000

type Account = (typeof names)[number]

/** The part of a transfer that befalls one account; refused where the account would be overdrawn. */
const booking = (account: Account, amount: number): TransactItem => ({
  Update: {
    TableName: 'accounts',
    Key: { id: account },
    UpdateExpression: 'ADD balance :amount',
    ConditionExpression: 'balance >= :least',
    ExpressionAttributeValues: { ':amount': amount, ':least': Math.max(0, -amount) },
  },
})

/** What the transfer of a job is. */
export function transferOf(n: number): readonly TransactItem[] {
  const [from, to] = [names[n % names.length], names[(n + 1) % names.length]] as [Account, Account]
  const amount = 1 + (n % 7)
  return [booking(from, -amount), booking(to, amount)]
}

interface BankWorld {
  readonly table: Table
  readonly loop: { readonly now: number }
  readonly facts: { effect(id: string, isLate: boolean): void }
  readonly count: (name: string) => void
  readonly trace: (text: string) => void
}

export class Bank {
  readonly balances = new Map<string, number>(names.map(name => [name, opening]))
  /** Job and generation → how often its transfer was applied. */
  readonly applied = new Map<string, number>()
  readonly #sim: BankWorld
  readonly #tokens = new Map<string, number>()

  constructor(sim: BankWorld) {
    this.#sim = sim
  }

  get total(): number {
    return [...this.balances.values()].reduce((sum, balance) => sum + balance, 0)
  }

  get isWhole(): boolean {
    return this.total === names.length * opening && [...this.balances.values()].every(balance => balance >= 0)
  }

  /** All of it or nothing, at one instant. */
  carryOut(actions: readonly TransactAction[], token: string, writer: Proc): TransactOutcome {
    const { table, loop, facts, trace, count } = this.#sim
    const [own, ...rest] = actions
    if (own?.kind !== 'changeJob') throw new Error('a transaction without its job')
    if ((this.#tokens.get(token) ?? 0) > loop.now) return { kind: 'done' }
    const bookings = rest.map(action => (action.kind === 'own' ? bookingIn(action.item) : undefined))
    const reasons = bookings.map((one, index): ActionReason => {
      const action = rest[index]
      const taken = action?.kind === 'insertJob' ? table.read(action.job.id) : undefined
      if (taken !== undefined) return { kind: 'refusedByJob', job: taken }
      const isCovered = one === undefined || (this.balances.get(one.account) ?? 0) + one.amount >= 0
      return isCovered ? { kind: 'fine' } : { kind: 'refusedByOwn', stored: undefined }
    })
    const change = { id: own.id, transition: own.transition }
    if (!table.fits(change) || reasons.some(({ kind }) => kind !== 'fine')) {
      const job = table.read(own.id)
      const first: ActionReason = table.fits(change) ? { kind: 'fine' } : { kind: 'refusedByJob', job }
      trace(`${writer.name} transaction on ${own.id}: refused`)
      const isTaken = reasons.some(({ kind }) => kind === 'refusedByJob')
      count(`transaction refused by ${first.kind !== 'fine' ? 'job' : isTaken ? 'follower' : 'account'}`)
      return { kind: 'refused', reasons: [first, ...reasons] }
    }
    const key = `${own.id} ${table.raw(own.id)?.generation ?? 1}`
    table.changeOne(change, writer)
    for (const one of bookings) {
      if (one !== undefined) this.balances.set(one.account, (this.balances.get(one.account) ?? 0) + one.amount)
    }
    for (const action of rest) if (action.kind === 'insertJob') table.insertOne(action.job, writer)
    if (own.transition.row === 'T10') {
      this.applied.set(key, (this.applied.get(key) ?? 0) + 1)
      facts.effect(own.id, false)
    }
    this.#tokens.set(token, loop.now + tokenMs)
    return { kind: 'done' }
  }
}

function bookingIn({ Update: update }: TransactItem): { readonly account: string; readonly amount: number } {
  return { account: String(update?.Key?.['id']), amount: Number(update?.ExpressionAttributeValues?.[':amount']) }
}
