/**
 * Starts are booked, not polled: each gets a slot of its own, by the generic cell rate algorithm. One number is all that it
 * remembers, `tat`: when a rate that nobody asks any more has all of its burst again. In microseconds, whole, so that every
 * engine adds alike.
 */

export interface Rate {
  /** Microseconds from one start to the next: 3 a second are 333,334 each, a little less than what was asked for. */
  readonly everyUs: number
  /** How much earlier the starts of a burst may be. */
  readonly slackUs: number
}

/** How far ahead the next start may be that an arriving job books; beyond, it waits in line. */
export const bookedWithinMs = 60_000
/** How far ahead a tick books for the jobs in line: ticks come once a minute, and may be late. */
export const bookedAheadMs = 90_000
/**
 * How late a booked start may be. Later, the job asks for another slot: or after a standstill of the workers all starts that
 * were booked meanwhile would happen at once.
 */
export const passMs = 5_000

export const usOf = (ms: number): number => ms * 1_000

/** When the next start may be: epoch milliseconds, rounded up, so that none is early. */
export const nextSlot = (tatUs: number, { slackUs }: Rate, now: number): number =>
  Math.max(now, Math.ceil((tatUs - slackUs) / 1_000))

/** `tat` after the next slot has been taken. */
export const afterSlot = (tatUs: number, { everyUs }: Rate, now: number): number => Math.max(tatUs, usOf(now)) + everyUs

/** Two machines' clocks, and answers that come late. */
const toleratedMs = 10_000

/** Nobody can have booked that far: somebody's edit, or the slower rate of former code. */
export const isAstray = (tatUs: number, { everyUs, slackUs }: Rate, now: number): boolean =>
  tatUs > usOf(now + bookedAheadMs + toleratedMs) + slackUs + everyUs

/** Slots in a row, and what `tat` becomes when all of them are taken. */
export interface Slots {
  readonly slots: readonly number[]
  readonly tatUs: number
}

/** The next slots that come within `bookedAheadMs`. @param most how many are wanted */
export function nextSlots(tat: number, rate: Rate, now: number, most: number): Slots {
  let tatUs = isAstray(tat, rate, now) ? 0 : tat
  const slots: number[] = []
  while (slots.length < most && nextSlot(tatUs, rate, now) <= now + bookedAheadMs) {
    slots.push(nextSlot(tatUs, rate, now))
    tatUs = afterSlot(tatUs, rate, now)
  }
  return { slots, tatUs }
}
