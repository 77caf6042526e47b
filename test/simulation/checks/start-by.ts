import type { Check } from './check.ts'

export const startedInTime: Check = {
  invariant: 'I33',
  what: 'no handler is called after the `startBy` of its job, and no job expires before it',
  looks: ({ table }) => ({
    handler({ id, proc }) {
      const { startBy } = table.raw(id) ?? {}
      if (startBy === undefined || proc.now() <= startBy) return undefined
      return `${id} is run ${proc.now() - startBy} ms after it had to start`
    },
    wrote({ id, before, transition, writer }) {
      if (transition === undefined || !transition.name.startsWith('expire')) return undefined
      const leftMs = (before?.startBy ?? Number.POSITIVE_INFINITY) - (writer?.now() ?? 0)
      return leftMs > 0 ? `${id} expires ${leftMs} ms before its time` : undefined
    },
  }),
}
