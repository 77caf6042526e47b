/** Ctrl-C and its kin, counted from the start of the program on: none is lost while the stack still starts. */
export interface StopSignals {
  readonly first: Promise<'signal'>
  readonly second: Promise<void>
}

export function listenForSignals(): StopSignals {
  const first = Promise.withResolvers<'signal'>()
  const second = Promise.withResolvers<void>()
  let count = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      count += 1
      if (count === 1) first.resolve('signal')
      else second.resolve()
    })
  }
  return { first: first.promise, second: second.promise }
}
