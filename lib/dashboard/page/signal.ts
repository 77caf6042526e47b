/** Values outside components. A component that calls `useSignals` is drawn again, with all below it, when one changes. */
import { useEffect, useState } from 'preact/hooks'

export interface Signal<Value> {
  value: Value
}

const listeners = new Set<() => void>()

export function signal<Value>(first: Value): Signal<Value> {
  let current = first
  return {
    get value() {
      return current
    },
    set value(next) {
      if (Object.is(next, current)) return
      current = next
      for (const listener of listeners) listener()
    },
  }
}

export function useSignals(): void {
  const [, setTurn] = useState(0)
  useEffect(() => {
    const again = (): void => setTurn(turn => turn + 1)
    listeners.add(again)
    return () => void listeners.delete(again)
  }, [])
}
