import type { Chance } from './chance.ts'
import { type FaultClass, type FaultRates, faultClasses } from './faults.ts'

/** Rates at full strength, per opportunity. */
const fullRates: Readonly<Record<(typeof faultClasses)[number], number>> = {
  killed: 0.25,
  frozen: 0.15,
  storeSlow: 0.1,
  storeThrottled: 0.1,
  storeExecutedThenFailed: 0.08,
  storeExecutedThenRefused: 0.08,
  storeExecutedLate: 0.03,
  storeUnreachable: 0.04,
  storeAnswerLost: 0.02,
  storeReadFailed: 0.08,
  storeSpread: 0.2,
  indexStale: 0.5,
  shortPage: 0.3,
  queueSlow: 0.1,
  sendFailed: 0.2,
  sendExecutedThenFailed: 0.1,
  sendAnswerLost: 0.03,
  sendLost: 0.25,
  sendDoubled: 0.3,
  sendDelayed: 0.1,
  sendReordered: 0.3,
  visibilityFailed: 0.2,
  receiveBumped: 0.15,
  redelivered: 0.1,
  deleteFailed: 0.15,
  oldReceiptActs: 0.5,
  coldStart: 0.2,
  oldWorker: 0.1,
  tickLost: 0.3,
  tickDoubled: 0.3,
  streamDelayed: 0.3,
  streamDoubled: 0.3,
}

export const profiles = [
  'calm',
  'processes',
  'store',
  'queue',
  'functions',
  'operators',
  'mixed',
  'mixed',
  'vicious',
] as const
export type Profile = (typeof profiles)[number]

const groupOf = (fault: string): Profile => {
  if (fault === 'killed' || fault === 'frozen') return 'processes'
  if (/^(store|index|shortPage)/.test(fault)) return 'store'
  return /^(cold|old|tick|stream)/.test(fault) && fault !== 'oldReceiptActs' ? 'functions' : 'queue'
}

export function ratesFor(profile: Profile, chance: Chance): FaultRates {
  const rates: Partial<Record<FaultClass, number>> = {}
  for (const fault of faultClasses) {
    const strength = chance.pick([0, 0.3, 1])
    const isOn = profile === 'mixed' || profile === 'vicious' || groupOf(fault) === profile
    const factor = profile === 'vicious' ? 1 : profile === 'mixed' ? strength * 0.5 : strength
    if (isOn && profile !== 'calm') rates[fault] = fullRates[fault] * factor
  }
  return rates
}
